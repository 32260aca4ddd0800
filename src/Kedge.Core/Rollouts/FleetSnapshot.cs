using System.Collections.Immutable;
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
