using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Devices in a database.</summary>
internal sealed class SqlDevices(IRelationalEngine engine) : IDeviceStore
{
    private const string DeleteDocuments = """
        delete from device_status where tenant = @tenant and device = @device;
        delete from device_facts where tenant = @tenant and device = @device
        """;

    private const string DeleteDevice = """
        delete from desired_states where tenant = @tenant and device = @device;
        delete from devices where tenant = @tenant and device = @device
        """;

    private const string DisconnectAll = """
        update devices set connected = 0, presence_at_ms = @at, changed_at_revision = @revision
        where tenant = @tenant and connected = 1 and replica = @replica
        """;

    private const string TouchOne = """
        update devices set last_seen_ms = @at where tenant = @tenant and device = @device and last_seen_ms < @at
        """;

    public ValueTask<EnrolOutcome> EnrolAsync(
        TenantId tenant, DeviceEnrolment enrolment, CancellationToken cancellationToken)
    {
        StoreCheck.Enrolment(tenant, enrolment);
        return engine.WriteAsync(scope => EnrolAsync(scope, tenant, enrolment), cancellationToken);
    }

    public ValueTask<EnrolOutcome> ReplaceAsync(
        TenantId tenant, DeviceEnrolment enrolment, CancellationToken cancellationToken)
    {
        StoreCheck.Enrolment(tenant, enrolment);
        return engine.WriteAsync(scope => ReplaceAsync(scope, tenant, enrolment), cancellationToken);
    }

    public ValueTask<DeviceRow?> FindAsync(TenantId tenant, DeviceId device, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => SqlDeviceRows.FindAsync(session, tenant, device), cancellationToken);

    public ValueTask<Page<DeviceRow>> ListAsync(
        TenantId tenant, DeviceQuery query, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => SqlDeviceRows.ListAsync(session, tenant, query), cancellationToken);

    public ValueTask<CasOutcome> UpdateAsync(
        TenantId tenant, DeviceWrite write, CancellationToken cancellationToken) =>
        engine.WriteAsync(scope => UpdateAsync(scope, tenant, write), cancellationToken);

    public ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, DeviceId device, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(scope => RevokeAsync(scope, tenant, device, atMs), cancellationToken);
    }

    public ValueTask<CasOutcome> DeleteAsync(
        TenantId tenant, DeviceId device, long? expectedRevision, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(
            scope => DeleteAsync(scope, tenant, (device, expectedRevision), atMs), cancellationToken);
    }

    public ValueTask<ConnectOutcome> ConnectAsync(
        TenantId tenant, DeviceConnection connection, CancellationToken cancellationToken)
    {
        StoreCheck.Word(connection.Replica);
        StoreCheck.Time(connection.AtMs);
        return engine.WriteAsync(scope => ConnectAsync(scope, tenant, connection), cancellationToken);
    }

    public ValueTask<DisconnectVerdict> DisconnectAsync(
        TenantId tenant, DeviceId device, long epoch, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(scope => DisconnectAsync(scope, tenant, (device, epoch), atMs), cancellationToken);
    }

    public ValueTask<int> DisconnectReplicaAsync(
        TenantId tenant, string replica, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(
            async scope =>
            {
                int closed = await scope.ExecuteAsync(
                    DisconnectAll,
                    ("tenant", tenant.ToString()), ("replica", replica), ("at", atMs),
                    ("revision", scope.NextRevision)).ConfigureAwait(false);
                if (closed > 0)
                {
                    scope.Mark();
                }

                return closed;
            },
            cancellationToken);
    }

    public async ValueTask TouchAsync(
        TenantId tenant, IReadOnlyList<DeviceSeen> seen, CancellationToken cancellationToken) =>
        await engine.WriteAsync(
            async scope =>
            {
                foreach (DeviceSeen one in seen)
                {
                    await scope.ExecuteAsync(
                        TouchOne, ("tenant", tenant.ToString()), ("device", one.Device.ToString()), ("at", one.AtMs))
                        .ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);

    public static async ValueTask<CasOutcome> UpdateAsync(SqlScope scope, TenantId tenant, DeviceWrite write)
    {
        DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, write.Device).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (write.ExpectedRevision is { } expected && expected != held.Revision)
        {
            return new CasOutcome.Conflict(held.Revision);
        }

        DeviceRow changed = StoreRules.Changed(held, write);
        if (StoreRules.SaysTheSame(held, changed))
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        long revision = scope.Mark();
        changed = changed with { Revision = revision, ChangedAtRevision = revision };
        await SqlDeviceRows.SaveAsync(scope, tenant, changed).ConfigureAwait(false);
        return new CasOutcome.Done(revision);
    }

    private static async ValueTask<EnrolOutcome> EnrolAsync(
        SqlScope scope, TenantId tenant, DeviceEnrolment enrolment)
    {
        DeviceRow? held = await SqlDeviceRows.FindAsync(scope, tenant, enrolment.Device).ConfigureAwait(false);
        if (held is not null && StoreRules.IsSameInstallation(held, enrolment))
        {
            await RecordCertificateAsync(scope, tenant, enrolment).ConfigureAwait(false);
            return new EnrolOutcome.AlreadyEnrolled(held);
        }

        TokenVerdict token =
            await SqlTokens.JudgeAsync(scope, tenant, enrolment, replaces: false).ConfigureAwait(false);
        if (token != TokenVerdict.Consumed)
        {
            return new EnrolOutcome.TokenRefused(token);
        }

        return held is not null
            ? new EnrolOutcome.NameTaken()
            : await TakeAsync(scope, tenant, enrolment, StoreRules.NewDevice(enrolment, scope.Mark()))
                .ConfigureAwait(false);
    }

    private static async ValueTask<EnrolOutcome> ReplaceAsync(
        SqlScope scope, TenantId tenant, DeviceEnrolment enrolment)
    {
        DeviceRow? held = await SqlDeviceRows.FindAsync(scope, tenant, enrolment.Device).ConfigureAwait(false);
        if (held is not null && StoreRules.IsSameInstallation(held, enrolment))
        {
            await RecordCertificateAsync(scope, tenant, enrolment).ConfigureAwait(false);
            return new EnrolOutcome.AlreadyEnrolled(held);
        }

        TokenVerdict token =
            await SqlTokens.JudgeAsync(scope, tenant, enrolment, replaces: true).ConfigureAwait(false);
        if (token != TokenVerdict.Consumed)
        {
            return new EnrolOutcome.TokenRefused(token);
        }

        if (held is null)
        {
            return new EnrolOutcome.UnknownDevice();
        }

        await SqlCertificates.RevokeAllAsync(
            scope, tenant, enrolment.Device, enrolment.AtMs, StoreRules.BecauseReplaced).ConfigureAwait(false);
        await scope.ExecuteAsync(
            DeleteDocuments, ("tenant", tenant.ToString()), ("device", enrolment.Device.ToString()))
            .ConfigureAwait(false);
        await SqlFigures.RemoveAsync(scope, tenant, enrolment.Device).ConfigureAwait(false);
        return await TakeAsync(scope, tenant, enrolment, StoreRules.Replaced(held, enrolment, scope.Mark()))
            .ConfigureAwait(false);
    }

    private static async ValueTask<EnrolOutcome> TakeAsync(
        SqlScope scope, TenantId tenant, DeviceEnrolment enrolment, DeviceRow row)
    {
        if (enrolment.TokenHash is { } hash)
        {
            await SqlTokens.UseAsync(scope, tenant, hash).ConfigureAwait(false);
        }

        await SqlDeviceRows.SaveAsync(scope, tenant, row).ConfigureAwait(false);
        await RecordCertificateAsync(scope, tenant, enrolment).ConfigureAwait(false);
        return new EnrolOutcome.Enrolled(row);
    }

    private static async ValueTask RecordCertificateAsync(SqlScope scope, TenantId tenant, DeviceEnrolment enrolment)
    {
        if (enrolment.Certificate is { } certificate)
        {
            CasOutcome recorded = await SqlCertificates.RecordAsync(scope, tenant, certificate).ConfigureAwait(false);
            Check.That(recorded is not CasOutcome.Conflict);
        }
    }

    private static async ValueTask<CasOutcome> RevokeAsync(
        SqlScope scope, TenantId tenant, DeviceId device, long atMs)
    {
        DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, device).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (held.RevokedAtMs != 0)
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        long revision = scope.Mark();
        await SqlCertificates.RevokeAllAsync(scope, tenant, device, atMs, StoreRules.BecauseRevoked)
            .ConfigureAwait(false);
        await SqlDeviceRows.SaveAsync(scope, tenant, StoreRules.Revoked(held, atMs, revision)).ConfigureAwait(false);
        return new CasOutcome.Done(revision);
    }

    /// <summary>An unreadable row can be deleted too: that is the remedy that its error names.</summary>
    private static async ValueTask<CasOutcome> DeleteAsync(
        SqlScope scope, TenantId tenant, (DeviceId Device, long? Expected) wanted, long atMs)
    {
        (string Name, object Value)[] key =
            [("tenant", tenant.ToString()), ("device", wanted.Device.ToString())];
        long? held = await scope.NumberAsync(
            "select revision from devices where tenant = @tenant and device = @device", key).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (wanted.Expected is { } expected && expected != held)
        {
            return new CasOutcome.Conflict(held.Value);
        }

        await SqlCertificates.RevokeAllAsync(scope, tenant, wanted.Device, atMs, StoreRules.BecauseDeleted)
            .ConfigureAwait(false);
        await scope.ExecuteAsync(DeleteDocuments, key).ConfigureAwait(false);
        await SqlFigures.RemoveAsync(scope, tenant, wanted.Device).ConfigureAwait(false);
        await scope.ExecuteAsync(DeleteDevice, key).ConfigureAwait(false);
        return new CasOutcome.Done(scope.Mark());
    }

    private static async ValueTask<ConnectOutcome> ConnectAsync(
        SqlScope scope, TenantId tenant, DeviceConnection connection)
    {
        DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, connection.Device).ConfigureAwait(false);
        if (StoreRules.RefuseConnection(held, connection) is { } refusal)
        {
            return refusal;
        }

        Check.That(held is not null);
        DeviceRow row = StoreRules.Connected(held, connection, scope.Mark());
        await SqlDeviceRows.SaveAsync(scope, tenant, row).ConfigureAwait(false);
        return new ConnectOutcome.Opened(row.ConnectionEpoch);
    }

    private static async ValueTask<DisconnectVerdict> DisconnectAsync(
        SqlScope scope, TenantId tenant, (DeviceId Device, long Epoch) connection, long atMs)
    {
        DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, connection.Device).ConfigureAwait(false);
        if (held is null)
        {
            return DisconnectVerdict.UnknownDevice;
        }

        if (!held.Connected || held.ConnectionEpoch != connection.Epoch)
        {
            return DisconnectVerdict.Superseded;
        }

        DeviceRow row = held with { Connected = false, PresenceAtMs = atMs, ChangedAtRevision = scope.Mark() };
        await SqlDeviceRows.SaveAsync(scope, tenant, row).ConfigureAwait(false);
        return DisconnectVerdict.Closed;
    }
}
