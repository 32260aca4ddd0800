using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Core.Rollouts;

/// <summary>All that a plan depends on, read at one revision of the store.</summary>
public sealed record FleetSnapshot
{
    /// <summary>Whose fleet.</summary>
    public required TenantId Tenant { get; init; }

    /// <summary>Deployments, names unique, in any order.</summary>
    public required ImmutableArray<DeploymentSnapshot> Deployments { get; init; }

    /// <summary>Devices, names unique, in any order.</summary>
    public required ImmutableArray<DeviceSnapshot> Devices { get; init; }

    /// <summary>When it was read, Unix ms.</summary>
    public long NowMs { get; init; }

    /// <summary>
    /// Deployments of which something cannot be read: nothing is decided about them, devices keep what they have of
    /// them.
    /// </summary>
    public ImmutableSortedSet<DeploymentId> Frozen { get; init; } = [];

    /// <summary>Manifests of all packages that a deployment or a desired state names.</summary>
    public required IReadOnlyDictionary<Digest, PackageManifest> Packages { get; init; }
}

/// <summary>One deployment as it stands.</summary>
/// <param name="Spec">What was asked, packages resolved.</param>
/// <param name="Revision">Its revision, from 1.</param>
/// <param name="Deleting">True when it is to go.</param>
public sealed record DeploymentSnapshot(DeploymentSpec Spec, long Revision, bool Deleting)
{
    /// <summary>Where its rollout stands; null before the first plan of it.</summary>
    public RolloutState? Rollout { get; init; }
}

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
}
