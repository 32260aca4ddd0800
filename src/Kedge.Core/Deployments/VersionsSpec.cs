using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>
/// Which versions of a model are served together: tags of one model, each of which names a package. They are looked up
/// once, when the deployment is applied; a tag that comes or moves later changes nothing.
/// </summary>
[Closed]
public abstract record VersionsSpec
{
    private VersionsSpec()
    {
    }

    /// <summary>The highest versions.</summary>
    /// <param name="Count">How many, 1..<see cref="Limits.ModelsPerDeploymentMax"/>; fewer where there are no
    /// more.</param>
    public sealed record Latest(int Count) : VersionsSpec;

    /// <summary>Every version.</summary>
    public sealed record All : VersionsSpec;

    /// <summary>These and no others.</summary>
    /// <param name="Tags">1..<see cref="Limits.ModelsPerDeploymentMax"/> different tags.</param>
    public sealed record Listed(ImmutableArray<string> Tags) : VersionsSpec
    {
        /// <summary>The same tags in the same order.</summary>
        public bool Equals(Listed? other) => other is not null && Tags.SequenceEqual(other.Tags);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Tags.Length, Tags.IsEmpty ? "" : Tags[0]);
    }
}
