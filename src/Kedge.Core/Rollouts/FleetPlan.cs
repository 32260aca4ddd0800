using System.Collections.Immutable;
using Kedge.Core.Desired;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// What the planner decided. It leaves no choice: executing it late or twice gives the same result, or none.
/// </summary>
/// <param name="Changes">Devices whose desired state changes, in order of their names.</param>
/// <param name="Reports">For every deployment, why each device was chosen or not.</param>
public sealed record FleetPlan(
    ImmutableArray<DeviceChange> Changes,
    ImmutableSortedDictionary<DeploymentId, PlacementReport> Reports)
{
    /// <summary>Where every rollout stands from now on, in order of the deployments' names.</summary>
    public ImmutableArray<RolloutStep> Rollouts { get; init; } = [];

    /// <summary>When time alone asks for another plan, Unix ms; null when it does not.</summary>
    public long? WakeAtMs => Rollouts.Min(static r => r.WakeAtMs);
}

/// <summary>A new desired state for one device, good only on its parent.</summary>
/// <param name="Device">Which.</param>
/// <param name="DeviceKey">For which key it is to be signed.</param>
/// <param name="Parent">Generation in the store that it replaces; 0 for none.</param>
/// <param name="Generation">Its generation, above parent and floor.</param>
/// <param name="Workloads">All workloads in order of their names.</param>
public sealed record DeviceChange(
    DeviceId Device,
    Digest DeviceKey,
    Generation Parent,
    Generation Generation,
    ImmutableArray<WorkloadSpec> Workloads);
