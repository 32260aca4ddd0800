using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Certificates in memory.</summary>
internal sealed class MemoryCertificates(MemoryEngine engine) : ICertificateStore
{
    public ValueTask<CasOutcome> RecordAsync(
        TenantId tenant, CertificateRow certificate, CancellationToken cancellationToken)
    {
        StoreCheck.Certificate(certificate);
        return new(engine.Write(tenant, scope => Record(scope, certificate)));
    }

    public ValueTask<CertificateRow?> FindAsync(
        TenantId tenant, string serial, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Certificates.GetValueOrDefault(serial));

    public ValueTask<ImmutableArray<CertificateRow>> ListAsync(
        TenantId tenant, DeviceId device, CancellationToken cancellationToken)
    {
        IEnumerable<CertificateRow> own = engine.Read(tenant).Certificates.Values.Where(c => c.Device == device);
        return new([.. own.OrderByDescending(c => c.IssuedAtMs).Take(StoreLimits.PageRowsMax)]);
    }

    public ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, string serial, long atMs, string because, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => Revoke(scope, serial, atMs, because)));
    }

    public ValueTask<ImmutableArray<CertificateRow>> ListRevokedAsync(
        TenantId tenant, long nowMs, CancellationToken cancellationToken) =>
        new([.. engine.Read(tenant).Certificates.Values.Where(c => c.RevokedAtMs != 0 && c.NotAfterMs > nowMs)]);

    public ValueTask<int> ForgetExpiredAsync(TenantId tenant, long beforeMs, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => ForgetExpired(scope, beforeMs)));

    public static CasOutcome Record(MemoryScope scope, CertificateRow certificate)
    {
        if (scope.Tenant.Certificates.TryGetValue(certificate.Serial, out CertificateRow? held))
        {
            return StoreRules.IsSameCertificate(held, certificate)
                ? new CasOutcome.Unchanged(0)
                : new CasOutcome.Conflict(0);
        }

        Save(scope, certificate);
        return new CasOutcome.Done(scope.Mark());
    }

    public static void RevokeAll(MemoryScope scope, DeviceId device, long atMs, string because)
    {
        foreach (CertificateRow row in scope.Tenant.Certificates.Values)
        {
            if (row.Device == device && row.RevokedAtMs == 0)
            {
                Save(scope, row with { RevokedAtMs = Math.Max(1, atMs), RevokedBecause = because });
            }
        }
    }

    private static CasOutcome Revoke(MemoryScope scope, string serial, long atMs, string because)
    {
        if (!scope.Tenant.Certificates.TryGetValue(serial, out CertificateRow? held))
        {
            return new CasOutcome.NotFound();
        }

        if (held.RevokedAtMs != 0)
        {
            return new CasOutcome.Unchanged(0);
        }

        Save(scope, held with { RevokedAtMs = Math.Max(1, atMs), RevokedBecause = StoreCheck.Clean(because) });
        return new CasOutcome.Done(scope.Mark());
    }

    private static int ForgetExpired(MemoryScope scope, long beforeMs)
    {
        ImmutableArray<string> gone =
            [.. scope.Tenant.Certificates.Values.Where(c => c.NotAfterMs < beforeMs).Select(c => c.Serial)];
        scope.Tenant = scope.Tenant with { Certificates = scope.Tenant.Certificates.RemoveRange(gone) };
        return gone.Length;
    }

    private static void Save(MemoryScope scope, CertificateRow row) =>
        scope.Tenant = scope.Tenant with { Certificates = scope.Tenant.Certificates.SetItem(row.Serial, row) };
}
