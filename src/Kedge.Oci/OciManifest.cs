using System.Collections.Immutable;

namespace Kedge.Oci;

/// <summary>A manifest (OCI image specification 1.1, <c>manifest.md</c>). Never compared.</summary>
public sealed record OciManifest
{
    /// <summary>What kind of artifact it is; empty for none.</summary>
    public required string ArtifactType { get; init; }

    /// <summary>The configuration.</summary>
    public required OciDescriptor Config { get; init; }

    /// <summary>The layers, at most <see cref="OciLimits.LayersMax"/>.</summary>
    public required ImmutableArray<OciDescriptor> Layers { get; init; }

    /// <summary>What it says something about; null for nothing.</summary>
    public OciDescriptor? Subject { get; init; }

    /// <summary>Words about it.</summary>
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}
