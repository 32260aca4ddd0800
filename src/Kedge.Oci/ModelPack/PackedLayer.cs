using Kedge.Core;

namespace Kedge.Oci.ModelPack;

/// <summary>One file of a model as a layer.</summary>
/// <param name="Path">Path in the artifact, of the form of paths in packages.</param>
/// <param name="Blob">The file.</param>
public sealed record PackedLayer(string Path, OciDescriptor Blob)
{
    /// <summary>True when it may hold a model or belong to one.</summary>
    public bool IsModel => Blob.MediaType is ModelPackTypes.Weight or ModelPackTypes.WeightConfig;

    /// <summary>Folder of the path; empty for none.</summary>
    public string Folder => Path.LastIndexOf('/') is > 0 and var slash ? Path[..slash] : "";

    /// <summary>The path without folders.</summary>
    public string FileName => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>SHA-256 of the file.</summary>
    public Digest Digest => Blob.Digest;
}
