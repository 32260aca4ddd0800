using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Desired states in memory.</summary>
internal sealed class MemoryDesired(MemoryEngine engine) : IDesiredStore
{
    public ValueTask<DesiredOutcome> CommitAsync(
        TenantId tenant, DesiredCommit commit, CancellationToken cancellationToken)
    {
        StoreCheck.Commit(commit);
        return new(engine.Write(tenant, scope => Commit(scope, commit)));
    }

    public ValueTask<DesiredRow?> FindAsync(TenantId tenant, DeviceId device, CancellationToken cancellationToken)
    {
        TenantState state = engine.Read(tenant);
        return new(state.Signed.TryGetValue(device, out ImmutableArray<byte> signed)
            ? new DesiredRow(device, state.Devices[device].Desired, signed)
            : null);
    }

    public ValueTask<Page<DesiredSummary>> ListAsync(
        TenantId tenant, DeviceQuery query, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(query.RowsMax);
        MemoryState state = engine.State;
        IEnumerable<DesiredSummary> rows = MemoryDevices.Matching(state.Of(tenant), query)
            .Select(d => new DesiredSummary(d.Id, d.Desired, d.ReportedGeneration, d.Settled));
        return new(MemoryPage.Of(rows, query.RowsMax, state.Revision, d => d.Device.ToString()));
    }

    public ValueTask<FloorVerdict> RaiseFloorAsync(
        TenantId tenant, DeviceId device, Generation floor, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => RaiseFloor(scope, device, floor)));

    private static DesiredOutcome Commit(MemoryScope scope, DesiredCommit commit)
    {
        foreach (DesiredChange change in commit.Changes)
        {
            DeviceRow? held = scope.Tenant.Devices.GetValueOrDefault(change.Device);
            if (StoreRules.RefuseDesired(held, change) is { } refusal)
            {
                return refusal;
            }
        }

        foreach (RolloutWrite write in commit.Rollouts)
        {
            if (MemoryRollouts.Refuse(scope, write) is { } refusal)
            {
                return refusal;
            }
        }

        long revision = scope.Mark();
        foreach (RolloutWrite write in commit.Rollouts)
        {
            MemoryRollouts.Keep(scope, write);
        }

        foreach (DesiredChange change in commit.Changes)
        {
            DeviceRow held = scope.Tenant.Devices[change.Device];
            MemoryDevices.Save(scope, held with
            {
                Desired = StoreRules.HeadOf(held.Desired, change, commit),
                ChangedAtRevision = revision,
            });
            scope.Tenant = scope.Tenant with { Signed = scope.Tenant.Signed.SetItem(change.Device, change.Signed) };
        }

        return new DesiredOutcome.Committed(revision);
    }

    private static FloorVerdict RaiseFloor(MemoryScope scope, DeviceId device, Generation floor)
    {
        DeviceRow? held = scope.Tenant.Devices.GetValueOrDefault(device);
        FloorVerdict verdict = StoreRules.JudgeFloor(held?.Desired, floor);
        if (verdict == FloorVerdict.Raised)
        {
            Check.That(held is not null);
            MemoryDevices.Save(scope, held with
            {
                Desired = held.Desired with { Floor = floor },
                ChangedAtRevision = scope.Mark(),
            });
        }

        return verdict;
    }
}
