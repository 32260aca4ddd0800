using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// Where rollouts stand: one row for each deployment that has one. The row goes with its deployment. A plan changes it
/// together with the desired states (<see cref="DesiredCommit.Rollouts"/>).
/// </summary>
public interface IRolloutStore
{
    /// <summary>The rollout of one deployment; null when there is none yet.</summary>
    ValueTask<RolloutRow?> FindAsync(TenantId tenant, DeploymentId id, CancellationToken cancellationToken);

    /// <summary>Rollouts in order of the deployments' names.</summary>
    ValueTask<Page<RolloutRow>> ListAsync(
        TenantId tenant, DeploymentId? after, int rowsMax, CancellationToken cancellationToken);

    /// <summary>
    /// Changes one on its parent; the same text is unchanged. Not found when there is no deployment of that name.
    /// </summary>
    ValueTask<CasOutcome> SaveAsync(TenantId tenant, RolloutWrite write, CancellationToken cancellationToken);
}
