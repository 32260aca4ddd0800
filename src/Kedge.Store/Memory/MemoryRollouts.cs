using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Rollouts in memory.</summary>
internal sealed class MemoryRollouts(MemoryEngine engine) : IRolloutStore
{
    public ValueTask<RolloutRow?> FindAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Rollouts.GetValueOrDefault(id));

    public ValueTask<Page<RolloutRow>> ListAsync(
        TenantId tenant, DeploymentId? after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Tenant(tenant);
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<RolloutRow> rows = state.Of(tenant).Rollouts.Values
            .Where(r => after is not { } key || r.Id.CompareTo(key) > 0);
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, r => r.Id.ToString()));
    }

    public ValueTask<CasOutcome> SaveAsync(
        TenantId tenant, RolloutWrite write, CancellationToken cancellationToken)
    {
        StoreCheck.Rollout(write);
        return new(engine.Write(tenant, scope => Save(scope, write)));
    }

    /// <summary>What stands against a change that is part of a plan; null when it may be kept.</summary>
    public static DesiredOutcome? Refuse(MemoryScope scope, RolloutWrite write) => StoreRules.RefuseRollout(
        scope.Tenant.Deployments.ContainsKey(write.Id),
        scope.Tenant.Rollouts.GetValueOrDefault(write.Id)?.Revision ?? 0, write);

    /// <summary>Keeps a change that nothing stands against.</summary>
    public static void Keep(MemoryScope scope, RolloutWrite write) => scope.Tenant = scope.Tenant with
    {
        Rollouts = scope.Tenant.Rollouts.SetItem(write.Id, StoreRules.RolloutOf(write, scope.Mark())),
    };

    private static CasOutcome Save(MemoryScope scope, RolloutWrite write)
    {
        RolloutRow? held = scope.Tenant.Rollouts.GetValueOrDefault(write.Id);
        if (StoreRules.JudgeRollout(scope.Tenant.Deployments.ContainsKey(write.Id), held, write) is { } answer)
        {
            return answer;
        }

        Keep(scope, write);
        return new CasOutcome.Done(scope.NextRevision);
    }
}
