using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Sites;

namespace Kedge.Core.Manifests;

/// <summary>The objects of one manifest by kind, in the order of the text. Never compared as a record.</summary>
public sealed record ManifestSet
{
    /// <summary>Deployments; their packages are not resolved yet.</summary>
    public ImmutableArray<Placed<DeploymentSpec>> Deployments { get; init; } = [];

    /// <summary>Devices.</summary>
    public ImmutableArray<Placed<DeviceManifest>> Devices { get; init; } = [];

    /// <summary>Models.</summary>
    public ImmutableArray<Placed<ModelManifest>> Models { get; init; } = [];

    /// <summary>Enrolment tokens.</summary>
    public ImmutableArray<Placed<EnrollmentTokenManifest>> Tokens { get; init; } = [];

    /// <summary>Signing policies.</summary>
    public ImmutableArray<Placed<SigningPolicyManifest>> SigningPolicies { get; init; } = [];

    /// <summary>Sites.</summary>
    public ImmutableArray<Placed<SiteSpec>> Sites { get; init; } = [];

    /// <summary>How many objects there are.</summary>
    public int Count => Deployments.Length + Devices.Length + Models.Length + Tokens.Length + SigningPolicies.Length
        + Sites.Length;
}
