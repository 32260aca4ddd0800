using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>One model of a deployment.</summary>
/// <param name="Name">The name under which it is served.</param>
/// <param name="Package">
/// As the user wrote it: <c>bearing:v2</c> or a digest; the model alone, as <c>bearing</c>, where several versions of
/// it
/// are served.
/// </param>
/// <param name="Digest">
/// What that was resolved to, once, when it was applied; none before, and where several versions are served.
/// </param>
public sealed record ModelChoice(string Name, string Package, Digest Digest)
{
    /// <summary>How it is run.</summary>
    public ServingSpec Serving { get; init; } = ServingSpec.Default;

    /// <summary>Which versions are served together; null for the one that the package is.</summary>
    public VersionsSpec? Versions { get; init; }

    /// <summary>
    /// What <see cref="Versions"/> was resolved to, once, when it was applied, the highest first; empty before, and
    /// where one version is served.
    /// </summary>
    public ImmutableArray<PickedVersion> Picked { get; init; } = [];

    /// <summary>Version in the address; empty where no versions were asked for.</summary>
    public string Version { get; init; } = "";

    /// <summary>Each version by itself, the one that answers unasked first; this, where it is one.</summary>
    public ImmutableArray<ModelChoice> Served => Versions is null
        ? [this]
        : [.. Picked.Select(one => this with
        {
            Package = $"{Package}:{one.Tag}",
            Digest = one.Digest,
            Version = one.Tag,
            Versions = null,
            Picked = [],
        })];

    /// <summary>Equal in every field.</summary>
    public bool Equals(ModelChoice? other) => other is not null
        && (Name, Package, Digest, Version) == (other.Name, other.Package, other.Digest, other.Version)
        && Serving == other.Serving
        && Equals(Versions, other.Versions)
        && Picked.SequenceEqual(other.Picked);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Package, Digest, Version, Picked.Length);
}
