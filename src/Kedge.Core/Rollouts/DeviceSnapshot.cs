using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Core.Measure;

namespace Kedge.Core.Rollouts;

/// <summary>One device as it stands.</summary>
public sealed record DeviceSnapshot
{
    /// <summary>Its name.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>SHA-256 of its enrolled public key.</summary>
    public required Digest Key { get; init; }

    /// <summary>Its labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = LabelRules.None;

    /// <summary>What it reported about itself; null until it did.</summary>
    public DeviceFacts? Facts { get; init; }

    /// <summary>True when nothing new is to be placed on it.</summary>
    public bool Cordoned { get; init; }

    /// <summary>True when it lost its right to take part.</summary>
    public bool Revoked { get; init; }

    /// <summary>Generation of the desired state in the store; 0 for none.</summary>
    public Generation Generation { get; init; }

    /// <summary>
    /// Newest generation that the device is known to hold: above the store's after a restore from backup.
    /// </summary>
    public Generation Floor { get; init; }

    /// <summary>The key for which that desired state was signed; none without one.</summary>
    public Digest DesiredKey { get; init; }

    /// <summary>Its workloads.</summary>
    public ImmutableArray<WorkloadSpec> Desired { get; init; } = [];

    /// <summary>True while a connection of it is open.</summary>
    public bool Online { get; init; }

    /// <summary>What it said of its workloads last, by deployment.</summary>
    public ImmutableSortedDictionary<DeploymentId, WorkloadReport> Reported { get; init; } =
        ImmutableSortedDictionary<DeploymentId, WorkloadReport>.Empty;

    /// <summary>
    /// What it measured of its workloads, by deployment: only of those whose rollout has gates and is under way.
    /// </summary>
    public ImmutableSortedDictionary<DeploymentId, ImmutableArray<FigureWindow>> Figures { get; init; } =
        ImmutableSortedDictionary<DeploymentId, ImmutableArray<FigureWindow>>.Empty;
}
