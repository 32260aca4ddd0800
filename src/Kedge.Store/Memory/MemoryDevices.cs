using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Devices in memory.</summary>
internal sealed class MemoryDevices(MemoryEngine engine) : IDeviceStore
{
    public ValueTask<EnrolOutcome> EnrolAsync(
        TenantId tenant, DeviceEnrolment enrolment, CancellationToken cancellationToken)
    {
        StoreCheck.Enrolment(tenant, enrolment);
        return new(engine.Write(tenant, scope => Enrol(scope, enrolment)));
    }

    public ValueTask<EnrolOutcome> ReplaceAsync(
        TenantId tenant, DeviceEnrolment enrolment, CancellationToken cancellationToken)
    {
        StoreCheck.Enrolment(tenant, enrolment);
        return new(engine.Write(tenant, scope => Replace(scope, enrolment)));
    }

    public ValueTask<DeviceRow?> FindAsync(TenantId tenant, DeviceId device, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Devices.GetValueOrDefault(device));

    public ValueTask<Page<DeviceRow>> ListAsync(
        TenantId tenant, DeviceQuery query, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(query.RowsMax);
        MemoryState state = engine.State;
        return new(MemoryPage.Of(
            Matching(state.Of(tenant), query), query.RowsMax, state.Revision, d => d.Id.ToString()));
    }

    public ValueTask<CasOutcome> UpdateAsync(TenantId tenant, DeviceWrite write, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Update(scope, write)));

    public ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, DeviceId device, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => Revoke(scope, device, atMs)));
    }

    public ValueTask<CasOutcome> DeleteAsync(
        TenantId tenant, DeviceId device, long? expectedRevision, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => Delete(scope, device, expectedRevision, atMs)));
    }

    public ValueTask<ConnectOutcome> ConnectAsync(
        TenantId tenant, DeviceConnection connection, CancellationToken cancellationToken)
    {
        StoreCheck.Word(connection.Replica);
        StoreCheck.Time(connection.AtMs);
        return new(engine.Write(tenant, scope => Connect(scope, connection)));
    }

    public ValueTask<DisconnectVerdict> DisconnectAsync(
        TenantId tenant, DeviceId device, long epoch, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => Disconnect(scope, device, epoch, atMs)));
    }

    public ValueTask<int> DisconnectReplicaAsync(
        TenantId tenant, string replica, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => DisconnectReplica(scope, replica, atMs)));
    }

    public ValueTask TouchAsync(TenantId tenant, IReadOnlyList<DeviceSeen> seen, CancellationToken cancellationToken)
    {
        engine.Write(tenant, scope => Touch(scope, seen));
        return ValueTask.CompletedTask;
    }

    public static CasOutcome Update(MemoryScope scope, DeviceWrite write)
    {
        if (!scope.Tenant.Devices.TryGetValue(write.Device, out DeviceRow? held))
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
        Save(scope, changed with { Revision = revision, ChangedAtRevision = revision });
        return new CasOutcome.Done(revision);
    }

    public static IEnumerable<DeviceRow> Matching(TenantState tenant, DeviceQuery query) =>
        tenant.Devices.Values
            .Where(d => query.After is not { } after || d.Id.CompareTo(after) > 0)
            .Where(d => d.ChangedAtRevision > query.ChangedBeyond);

    public static void Save(MemoryScope scope, DeviceRow row) =>
        scope.Tenant = scope.Tenant with { Devices = scope.Tenant.Devices.SetItem(row.Id, row) };

    private static EnrolOutcome Enrol(MemoryScope scope, DeviceEnrolment enrolment)
    {
        DeviceRow? held = scope.Tenant.Devices.GetValueOrDefault(enrolment.Device);
        if (held is not null && StoreRules.IsSameInstallation(held, enrolment))
        {
            RecordCertificate(scope, enrolment);
            return new EnrolOutcome.AlreadyEnrolled(held);
        }

        TokenVerdict token = MemoryTokens.Judge(scope, enrolment, replaces: false);
        if (token != TokenVerdict.Consumed)
        {
            return new EnrolOutcome.TokenRefused(token);
        }

        if (held is not null)
        {
            return new EnrolOutcome.NameTaken();
        }

        return Take(scope, enrolment, StoreRules.NewDevice(enrolment, scope.Mark()));
    }

    private static EnrolOutcome Replace(MemoryScope scope, DeviceEnrolment enrolment)
    {
        DeviceRow? held = scope.Tenant.Devices.GetValueOrDefault(enrolment.Device);
        if (held is not null && StoreRules.IsSameInstallation(held, enrolment))
        {
            RecordCertificate(scope, enrolment);
            return new EnrolOutcome.AlreadyEnrolled(held);
        }

        TokenVerdict token = MemoryTokens.Judge(scope, enrolment, replaces: true);
        if (token != TokenVerdict.Consumed)
        {
            return new EnrolOutcome.TokenRefused(token);
        }

        if (held is null)
        {
            return new EnrolOutcome.UnknownDevice();
        }

        MemoryCertificates.RevokeAll(scope, enrolment.Device, enrolment.AtMs, StoreRules.BecauseReplaced);
        scope.Tenant = MemoryFigures.Without(scope.Tenant, enrolment.Device);
        return Take(scope, enrolment, StoreRules.Replaced(held, enrolment, scope.Mark()));
    }

    private static EnrolOutcome Take(MemoryScope scope, DeviceEnrolment enrolment, DeviceRow row)
    {
        MemoryTokens.Use(scope, enrolment.TokenHash);
        Save(scope, row);
        RecordCertificate(scope, enrolment);
        return new EnrolOutcome.Enrolled(row);
    }

    private static void RecordCertificate(MemoryScope scope, DeviceEnrolment enrolment)
    {
        if (enrolment.Certificate is { } certificate)
        {
            Check.That(MemoryCertificates.Record(scope, certificate) is not CasOutcome.Conflict);
        }
    }

    private static CasOutcome Revoke(MemoryScope scope, DeviceId device, long atMs)
    {
        if (!scope.Tenant.Devices.TryGetValue(device, out DeviceRow? held))
        {
            return new CasOutcome.NotFound();
        }

        if (held.RevokedAtMs != 0)
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        long revision = scope.Mark();
        MemoryCertificates.RevokeAll(scope, device, atMs, StoreRules.BecauseRevoked);
        Save(scope, StoreRules.Revoked(held, atMs, revision));
        return new CasOutcome.Done(revision);
    }

    private static CasOutcome Delete(MemoryScope scope, DeviceId device, long? expectedRevision, long atMs)
    {
        if (!scope.Tenant.Devices.TryGetValue(device, out DeviceRow? held))
        {
            return new CasOutcome.NotFound();
        }

        if (expectedRevision is { } expected && expected != held.Revision)
        {
            return new CasOutcome.Conflict(held.Revision);
        }

        MemoryCertificates.RevokeAll(scope, device, atMs, StoreRules.BecauseDeleted);
        scope.Tenant = scope.Tenant with
        {
            Devices = scope.Tenant.Devices.Remove(device),
            Signed = scope.Tenant.Signed.Remove(device),
        };
        scope.Tenant = MemoryFigures.Without(scope.Tenant, device);
        return new CasOutcome.Done(scope.Mark());
    }

    private static ConnectOutcome Connect(MemoryScope scope, DeviceConnection connection)
    {
        DeviceRow? held = scope.Tenant.Devices.GetValueOrDefault(connection.Device);
        if (StoreRules.RefuseConnection(held, connection) is { } refusal)
        {
            return refusal;
        }

        Check.That(held is not null);
        DeviceRow row = StoreRules.Connected(held, connection, scope.Mark());
        Save(scope, row);
        return new ConnectOutcome.Opened(row.ConnectionEpoch);
    }

    private static DisconnectVerdict Disconnect(MemoryScope scope, DeviceId device, long epoch, long atMs)
    {
        if (!scope.Tenant.Devices.TryGetValue(device, out DeviceRow? held))
        {
            return DisconnectVerdict.UnknownDevice;
        }

        if (!held.Connected || held.ConnectionEpoch != epoch)
        {
            return DisconnectVerdict.Superseded;
        }

        Save(scope, held with { Connected = false, PresenceAtMs = atMs, ChangedAtRevision = scope.Mark() });
        return DisconnectVerdict.Closed;
    }

    private static int DisconnectReplica(MemoryScope scope, string replica, long atMs)
    {
        ImmutableArray<DeviceRow> open =
            [.. scope.Tenant.Devices.Values.Where(d => d.Connected && d.Replica == replica)];
        foreach (DeviceRow row in open)
        {
            Save(scope, row with { Connected = false, PresenceAtMs = atMs, ChangedAtRevision = scope.Mark() });
        }

        return open.Length;
    }

    private static bool Touch(MemoryScope scope, IReadOnlyList<DeviceSeen> seen)
    {
        foreach (DeviceSeen one in seen)
        {
            if (scope.Tenant.Devices.TryGetValue(one.Device, out DeviceRow? held) && held.LastSeenMs < one.AtMs)
            {
                Save(scope, held with { LastSeenMs = one.AtMs });
            }
        }

        return true;
    }
}
