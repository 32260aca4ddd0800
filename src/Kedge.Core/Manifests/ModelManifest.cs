using System.Collections.Immutable;

namespace Kedge.Core.Manifests;

/// <summary>What a manifest says about a model. Never compared as a record.</summary>
public sealed record ModelManifest
{
    /// <summary>Its name, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels.</summary>
    public required ImmutableSortedDictionary<string, string> Labels { get; init; }

    /// <summary>What it is for; may be empty.</summary>
    public required string Description { get; init; }

    /// <summary>Tags to set, with the digests of the packages that they are to name.</summary>
    public required ImmutableSortedDictionary<string, Digest> Tags { get; init; }
}
