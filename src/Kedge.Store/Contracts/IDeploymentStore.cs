using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Deployments with their last <see cref="StoreLimits.DeploymentHistoryMax"/> specs.</summary>
public interface IDeploymentStore
{
    /// <summary>Creates it, or gives it a new revision.</summary>
    ValueTask<DeploymentOutcome> ApplyAsync(
        TenantId tenant, DeploymentWrite write, CancellationToken cancellationToken);

    /// <summary>One deployment; null when there is none.</summary>
    ValueTask<DeploymentRow?> FindAsync(TenantId tenant, DeploymentId id, CancellationToken cancellationToken);

    /// <summary>Deployments in order of their names, those that are being deleted too.</summary>
    ValueTask<Page<DeploymentRow>> ListAsync(
        TenantId tenant, DeploymentId? after, int rowsMax, CancellationToken cancellationToken);

    /// <summary>Its revisions that are kept, newest first; empty when there is none of that name.</summary>
    ValueTask<ImmutableArray<DeploymentRevisionRow>> HistoryAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken);

    /// <summary>One revision; null when it is not kept.</summary>
    ValueTask<DeploymentRevisionRow?> FindRevisionAsync(
        TenantId tenant, DeploymentId id, long specRevision, CancellationToken cancellationToken);

    /// <summary>Marks it as to be deleted: devices are asked to stop it. Twice is unchanged.</summary>
    ValueTask<CasOutcome> DeleteAsync(
        TenantId tenant, DeploymentId id, long? expectedRevision, long atMs, CancellationToken cancellationToken);

    /// <summary>
    /// Removes one that is marked, when no device reports it any more. A conflict when it is not marked.
    /// </summary>
    ValueTask<CasOutcome> RemoveAsync(TenantId tenant, DeploymentId id, CancellationToken cancellationToken);
}
