using Kedge.Core;

namespace Kedge.Oci;

/// <summary>A manifest or index as it lies in a registry: its exact bytes are its identity. Never compared.</summary>
/// <param name="MediaType">What it is.</param>
/// <param name="Bytes">The bytes.</param>
public sealed record OciDocument(string MediaType, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>SHA-256 of the bytes.</summary>
    public Digest Digest { get; } = Digest.Of(Bytes.Span);

    /// <summary>What names it.</summary>
    public OciDescriptor Descriptor =>
        new() { MediaType = MediaType, Digest = Digest, Bytes = Bytes.Length };
}
