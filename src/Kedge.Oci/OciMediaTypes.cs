namespace Kedge.Oci;

/// <summary>Media types of manifests (OCI image specification 1.1, <c>media-types.md</c>).</summary>
public static class OciMediaTypes
{
    /// <summary>A manifest of one artifact.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>A list of manifests.</summary>
    public const string Index = "application/vnd.oci.image.index.v1+json";

    /// <summary>The configuration of an artifact that has none: the two bytes <c>{}</c>.</summary>
    public const string Empty = "application/vnd.oci.empty.v1+json";

    /// <summary>Annotation of an index entry: its tag.</summary>
    public const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>Annotation: when it was made, RFC 3339.</summary>
    public const string Created = "org.opencontainers.image.created";
}
