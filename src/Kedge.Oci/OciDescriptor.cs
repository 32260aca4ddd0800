using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Oci;

/// <summary>What names a blob or a manifest (OCI image specification 1.1, <c>descriptor.md</c>).</summary>
public sealed record OciDescriptor
{
    /// <summary>What the bytes are.</summary>
    public required string MediaType { get; init; }

    /// <summary>SHA-256 of the bytes.</summary>
    public required Digest Digest { get; init; }

    /// <summary>How many bytes there are, 0 or more.</summary>
    public required long Bytes { get; init; }

    /// <summary>Kind of artifact, for descriptors of manifests; empty for none.</summary>
    public string ArtifactType { get; init; } = "";

    /// <summary>Words about it.</summary>
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The descriptor of bytes that are here.</summary>
    public static OciDescriptor Of(string mediaType, ReadOnlySpan<byte> bytes) =>
        new() { MediaType = mediaType, Digest = Digest.Of(bytes), Bytes = bytes.Length };
}
