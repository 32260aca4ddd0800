using System.Collections.Immutable;

namespace Kedge.Oci.ModelPack;

/// <summary>A package as an artifact, ready to be stored. Never compared.</summary>
public sealed record ModelPackArtifact
{
    /// <summary>The manifest.</summary>
    public required OciDocument Document { get; init; }

    /// <summary>The configuration's bytes.</summary>
    public required ReadOnlyMemory<byte> Config { get; init; }

    /// <summary>What names the configuration.</summary>
    public required OciDescriptor ConfigBlob { get; init; }

    /// <summary>The model's files.</summary>
    public required ImmutableArray<PackedLayer> Files { get; init; }

    /// <summary>The layer with the signed package.</summary>
    public required OciDescriptor EnvelopeBlob { get; init; }

    /// <summary>Signatures, each in a manifest of its own.</summary>
    public required ImmutableArray<ModelPackReferrer> Referrers { get; init; }
}

/// <summary>A manifest that refers to the artifact. Never compared.</summary>
/// <param name="Document">The manifest.</param>
/// <param name="Type">Kind of artifact, and media type of its one layer.</param>
/// <param name="Blob">The layer.</param>
/// <param name="Content">The layer's bytes.</param>
public sealed record ModelPackReferrer(
    OciDocument Document, string Type, OciDescriptor Blob, ReadOnlyMemory<byte> Content)
{
    /// <summary>The configuration of an artifact that has none.</summary>
    public static ReadOnlyMemory<byte> EmptyConfig { get; } = "{}"u8.ToArray();

    /// <summary>How it is listed.</summary>
    public OciDescriptor Entry => Document.Descriptor with { ArtifactType = Type };
}
