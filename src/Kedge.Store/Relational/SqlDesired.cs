using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Desired states in a database.</summary>
internal sealed class SqlDesired(IRelationalEngine engine) : IDesiredStore
{
    private const string FindOne = """
        select d.device, d.desired_generation, d.desired_floor, d.desired_content, d.desired_key,
            d.desired_plan_revision, d.desired_at_ms, s.signed
        from devices d join desired_states s on s.tenant = d.tenant and s.device = d.device
        where d.tenant = @tenant and d.device = @device
        """;

    private const string SaveHead = """
        update devices set
            desired_generation = @generation, desired_content = @content, desired_key = @key,
            desired_plan_revision = @plan_revision, desired_at_ms = @at, changed_at_revision = @revision
        where tenant = @tenant and device = @device and desired_generation = @parent
        """;

    private const string SaveSigned = """
        insert into desired_states (tenant, device, signed) values (@tenant, @device, @signed)
        on conflict (tenant, device) do update set signed = excluded.signed
        """;

    private const string SaveFloor = """
        update devices set desired_floor = @floor, changed_at_revision = @revision
        where tenant = @tenant and device = @device
        """;

    public ValueTask<DesiredOutcome> CommitAsync(
        TenantId tenant, DesiredCommit commit, CancellationToken cancellationToken)
    {
        StoreCheck.Commit(commit);
        return engine.WriteAsync(scope => CommitAsync(scope, tenant, commit), cancellationToken);
    }

    public ValueTask<DesiredRow?> FindAsync(TenantId tenant, DeviceId device, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.FirstAsync(
                FindOne, Read, ("tenant", tenant.ToString()), ("device", device.ToString())),
            cancellationToken);

    public ValueTask<Page<DesiredSummary>> ListAsync(
        TenantId tenant, DeviceQuery query, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => SqlDeviceRows.ListHeadsAsync(session, tenant, query), cancellationToken);

    public ValueTask<FloorVerdict> RaiseFloorAsync(
        TenantId tenant, DeviceId device, Generation floor, CancellationToken cancellationToken) =>
        engine.WriteAsync(scope => RaiseFloorAsync(scope, tenant, device, floor), cancellationToken);

    private static async ValueTask<DesiredOutcome> CommitAsync(SqlScope scope, TenantId tenant, DesiredCommit commit)
    {
        foreach (DesiredChange change in commit.Changes)
        {
            DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, change.Device).ConfigureAwait(false);
            if (StoreRules.RefuseDesired(held, change) is { } refusal)
            {
                return refusal;
            }
        }

        foreach (RolloutWrite write in commit.Rollouts)
        {
            if (await SqlRollouts.RefuseAsync(scope, tenant, write).ConfigureAwait(false) is { } refusal)
            {
                return refusal;
            }
        }

        long revision = scope.Mark();
        foreach (RolloutWrite write in commit.Rollouts)
        {
            await SqlRollouts.KeepAsync(scope, tenant, write).ConfigureAwait(false);
        }

        foreach (DesiredChange change in commit.Changes)
        {
            await SaveAsync(scope, tenant, commit, change).ConfigureAwait(false);
        }

        return new DesiredOutcome.Committed(revision);
    }

    private static async ValueTask SaveAsync(
        SqlScope scope, TenantId tenant, DesiredCommit commit, DesiredChange change)
    {
        int changed = await scope.ExecuteAsync(
            SaveHead,
            ("tenant", tenant.ToString()), ("device", change.Device.ToString()), ("parent", change.Parent.Value),
            ("generation", change.Generation.Value), ("content", change.Content.ToString()),
            ("key", change.DeviceKey.ToString()), ("plan_revision", commit.PlanRevision), ("at", commit.AtMs),
            ("revision", scope.NextRevision)).ConfigureAwait(false);
        Check.That(changed == 1);
        await scope.ExecuteAsync(
            SaveSigned,
            ("tenant", tenant.ToString()), ("device", change.Device.ToString()),
            ("signed", SqlBytes.Of(change.Signed))).ConfigureAwait(false);
    }

    private static async ValueTask<FloorVerdict> RaiseFloorAsync(
        SqlScope scope, TenantId tenant, DeviceId device, Generation floor)
    {
        DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, device).ConfigureAwait(false);
        FloorVerdict verdict = StoreRules.JudgeFloor(held?.Desired, floor);
        if (verdict == FloorVerdict.Raised)
        {
            await scope.ExecuteAsync(
                SaveFloor,
                ("tenant", tenant.ToString()), ("device", device.ToString()), ("floor", floor.Value),
                ("revision", scope.Mark())).ConfigureAwait(false);
        }

        return verdict;
    }

    private static DesiredRow Read(SqlRow row) => new(
        row.Device(),
        new DesiredHead
        {
            Generation = new Generation(row.NotNegative()),
            Floor = new Generation(row.NotNegative()),
            Content = row.DigestOrNone(),
            DeviceKey = row.DigestOrNone(),
            PlanRevision = row.NotNegative(),
            CommittedAtMs = row.NotNegative(),
        },
        row.Bytes());
}
