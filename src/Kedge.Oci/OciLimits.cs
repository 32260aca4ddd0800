using Kedge.Core;

namespace Kedge.Oci;

/// <summary>Bounds of what is taken from registries, each with unit and reason.</summary>
public static class OciLimits
{
    /// <summary>Bytes of a manifest or index: what registries take (distribution specification, "Pushing Manifests").
    /// </summary>
    public const int ManifestBytesMax = 4 * Limits.MiB;

    /// <summary>Bytes of a model's configuration: some fields and a digest for each layer.</summary>
    public const int ConfigBytesMax = 1 * Limits.MiB;

    /// <summary>Nesting of JSON that is read here; manifests have five levels.</summary>
    public const int JsonDepthMax = 16;

    /// <summary>Layers of an artifact: every file of the largest package.</summary>
    public const int LayersMax = 2_048;

    /// <summary>Entries of an index: tags of a layout, signatures of an artifact.</summary>
    public const int IndexEntriesMax = 4_096;

    /// <summary>Referrers of one artifact that are looked at.</summary>
    public const int ReferrersMax = 64;

    /// <summary>Annotations of one descriptor or manifest.</summary>
    public const int AnnotationsMax = 256;

    /// <summary>Characters of a key or a value of an annotation.</summary>
    public const int AnnotationCharsMax = 16_384;

    /// <summary>Characters of a media type.</summary>
    public const int MediaTypeCharsMax = 256;

    /// <summary>Characters of a repository's name (distribution specification, "Pulling manifests").</summary>
    public const int RepositoryCharsMax = 255;

    /// <summary>Characters of a tag (distribution specification, "Pulling manifests").</summary>
    public const int TagCharsMax = 128;

    /// <summary>Bytes of an answer that says why something was refused.</summary>
    public const int ProblemBytesMax = 16 * Limits.KiB;

    /// <summary>Bytes of a token's answer.</summary>
    public const int TokenBytesMax = 64 * Limits.KiB;

    /// <summary>Bytes of a file of credentials.</summary>
    public const int CredentialBytesMax = 1 * Limits.MiB;

    /// <summary>Redirects followed for one call: to a store of blobs, and once more.</summary>
    public const int RedirectsMax = 4;

    /// <summary>Tries of one call, and breaks of one transfer between which nothing got through.</summary>
    public const int TriesMax = 5;

    /// <summary>Bytes sent in one call of an upload: what may have to be sent twice when it breaks.</summary>
    public const int PieceBytes = 8 * Limits.MiB;

    /// <summary>The largest piece that a registry may ask for, in bytes.</summary>
    public const int PieceBytesMax = 64 * Limits.MiB;

    /// <summary>Wait before the first retry; doubled with each.</summary>
    public static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait before a retry, whatever the registry asks for.</summary>
    public static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for an answer to begin, or for its next bytes.</summary>
    public static readonly TimeSpan StallMax = TimeSpan.FromSeconds(60);
}
