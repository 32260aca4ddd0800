using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Certificates in a database.</summary>
internal sealed class SqlCertificates(IRelationalEngine engine) : ICertificateStore
{
    private const string Select = """
        select serial, device, thumbprint, key, not_after_ms, issued_at_ms, revoked_at_ms, revoked_because
        from certificates where tenant = @tenant
        """;

    private const string FindOne = Select + " and serial = @serial";

    private const string ListOfDevice = Select + " and device = @device order by issued_at_ms desc, serial limit @max";

    private const string ListRevoked =
        Select + " and revoked_at_ms <> 0 and not_after_ms > @now order by serial";

    private const string Insert = """
        insert into certificates (
            tenant, serial, device, thumbprint, key, not_after_ms, issued_at_ms, revoked_at_ms, revoked_because)
        values (@tenant, @serial, @device, @thumbprint, @key, @not_after, @issued, 0, '')
        """;

    private const string RevokeOne = """
        update certificates set revoked_at_ms = @at, revoked_because = @because
        where tenant = @tenant and serial = @serial
        """;

    private const string RevokeDevice = """
        update certificates set revoked_at_ms = @at, revoked_because = @because
        where tenant = @tenant and device = @device and revoked_at_ms = 0
        """;

    private const string Forget = "delete from certificates where tenant = @tenant and not_after_ms < @before";

    public ValueTask<CasOutcome> RecordAsync(
        TenantId tenant, CertificateRow certificate, CancellationToken cancellationToken)
    {
        StoreCheck.Certificate(certificate);
        return engine.WriteAsync(scope => RecordAsync(scope, tenant, certificate), cancellationToken);
    }

    public ValueTask<CertificateRow?> FindAsync(
        TenantId tenant, string serial, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => FindAsync(session, tenant, serial), cancellationToken);

    public ValueTask<ImmutableArray<CertificateRow>> ListAsync(
        TenantId tenant, DeviceId device, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.ListAsync(
                ListOfDevice, Read, ("tenant", tenant.ToString()), ("device", device.ToString()),
                ("max", (long)StoreLimits.PageRowsMax)),
            cancellationToken);

    public ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, string serial, long atMs, string because, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(scope => RevokeAsync(scope, tenant, (serial, because), atMs), cancellationToken);
    }

    public ValueTask<ImmutableArray<CertificateRow>> ListRevokedAsync(
        TenantId tenant, long nowMs, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.ListAsync(ListRevoked, Read, ("tenant", tenant.ToString()), ("now", nowMs)),
            cancellationToken);

    public ValueTask<int> ForgetExpiredAsync(TenantId tenant, long beforeMs, CancellationToken cancellationToken) =>
        engine.WriteAsync(
            scope => scope.ExecuteAsync(Forget, ("tenant", tenant.ToString()), ("before", beforeMs)),
            cancellationToken);

    public static async ValueTask<CasOutcome> RecordAsync(
        SqlScope scope, TenantId tenant, CertificateRow certificate)
    {
        if (await FindAsync(scope, tenant, certificate.Serial).ConfigureAwait(false) is { } held)
        {
            return StoreRules.IsSameCertificate(held, certificate)
                ? new CasOutcome.Unchanged(0)
                : new CasOutcome.Conflict(0);
        }

        await scope.ExecuteAsync(
            Insert,
            ("tenant", tenant.ToString()), ("serial", certificate.Serial), ("device", certificate.Device.ToString()),
            ("thumbprint", certificate.Thumbprint.ToString()), ("key", certificate.Key.ToString()),
            ("not_after", certificate.NotAfterMs), ("issued", certificate.IssuedAtMs)).ConfigureAwait(false);
        return new CasOutcome.Done(scope.Mark());
    }

    public static async ValueTask RevokeAllAsync(
        SqlScope scope, TenantId tenant, DeviceId device, long atMs, string because) =>
        await scope.ExecuteAsync(
            RevokeDevice,
            ("tenant", tenant.ToString()), ("device", device.ToString()), ("at", Math.Max(1, atMs)),
            ("because", because)).ConfigureAwait(false);

    private static async ValueTask<CasOutcome> RevokeAsync(
        SqlScope scope, TenantId tenant, (string Serial, string Because) wanted, long atMs)
    {
        CertificateRow? held = await FindAsync(scope, tenant, wanted.Serial).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (held.RevokedAtMs != 0)
        {
            return new CasOutcome.Unchanged(0);
        }

        await scope.ExecuteAsync(
            RevokeOne,
            ("tenant", tenant.ToString()), ("serial", wanted.Serial), ("at", Math.Max(1, atMs)),
            ("because", StoreCheck.Clean(wanted.Because))).ConfigureAwait(false);
        return new CasOutcome.Done(scope.Mark());
    }

    private static ValueTask<CertificateRow?> FindAsync(SqlSession session, TenantId tenant, string serial) =>
        session.FirstAsync(FindOne, Read, ("tenant", tenant.ToString()), ("serial", serial));

    private static CertificateRow Read(SqlRow row) => new()
    {
        Serial = row.Text(),
        Device = row.Device(),
        Thumbprint = row.Digest(),
        Key = row.Digest(),
        NotAfterMs = row.NotNegative(),
        IssuedAtMs = row.NotNegative(),
        RevokedAtMs = row.NotNegative(),
        RevokedBecause = row.Text(),
    };
}
