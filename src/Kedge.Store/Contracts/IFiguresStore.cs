using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// What devices measured of their workloads: one row for each device and deployment, the newest telling replaces the
/// older. Rows come every second while something is on trial and nobody waits for them: they never move the store
/// revision. A row goes with its device, with the device's hardware, and with its deployment.
/// </summary>
public interface IFiguresStore
{
    /// <summary>
    /// Keeps several in one transaction, in their order. What is of a device or a deployment that is not there is left
    /// out.
    /// </summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="writes">At most <see cref="StoreLimits.FiguresBatchMax"/>.</param>
    /// <param name="cancellationToken">Cancels; then nothing of it holds.</param>
    ValueTask SaveManyAsync(
        TenantId tenant, IReadOnlyList<FiguresWrite> writes, CancellationToken cancellationToken);

    /// <summary>What one device measured of one deployment; null when it told nothing.</summary>
    ValueTask<FiguresRow?> FindAsync(
        TenantId tenant, DeviceId device, DeploymentId deployment, CancellationToken cancellationToken);

    /// <summary>What was measured of one deployment, in order of the devices' names.</summary>
    ValueTask<Page<FiguresRow>> ListAsync(
        TenantId tenant,
        DeploymentId deployment,
        DeviceId? after,
        int rowsMax,
        CancellationToken cancellationToken);
}
