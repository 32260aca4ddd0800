using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// What each device is asked to run. Generations of a name only grow, over replacements and restores.
/// </summary>
public interface IDesiredStore
{
    /// <summary>Commits a plan whole, on the parent generation of each device, or not at all.</summary>
    ValueTask<DesiredOutcome> CommitAsync(
        TenantId tenant, DesiredCommit commit, CancellationToken cancellationToken);

    /// <summary>The newest desired state of one device; null when there is none yet.</summary>
    ValueTask<DesiredRow?> FindAsync(TenantId tenant, DeviceId device, CancellationToken cancellationToken);

    /// <summary>Generations in order of the devices' names.</summary>
    ValueTask<Page<DesiredSummary>> ListAsync(
        TenantId tenant, DeviceQuery query, CancellationToken cancellationToken);

    /// <summary>A device reported a generation that the store does not know: the next lies above it.</summary>
    ValueTask<FloorVerdict> RaiseFloorAsync(
        TenantId tenant, DeviceId device, Generation floor, CancellationToken cancellationToken);
}
