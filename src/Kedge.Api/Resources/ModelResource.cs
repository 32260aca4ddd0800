namespace Kedge.Api.Resources;

/// <summary>A model: its tags and packages.</summary>
public sealed record ModelResource
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its tags in order of their names.</summary>
    public IReadOnlyList<TagResource> Tags { get; init; } = [];

    /// <summary>Number of its packages.</summary>
    public int Packages { get; init; }

    /// <summary>When its newest package was stored, Unix milliseconds.</summary>
    public long NewestAtMs { get; init; }
}

/// <summary>One tag of a model.</summary>
/// <param name="Tag">The tag, as <c>v2</c>.</param>
/// <param name="Digest">The package that it names.</param>
public sealed record TagResource(string Tag, string Digest);

/// <summary>One package.</summary>
public sealed record PackageResource
{
    /// <summary>The model's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>SHA-256 of its signed manifest: the package's identity.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Tags that name it.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Bytes of all files.</summary>
    public long Bytes { get; init; }

    /// <summary>When it was stored, Unix milliseconds.</summary>
    public long StoredAtMs { get; init; }

    /// <summary>Variants, as <c>cpu-fp32 (onnx, cpu)</c>.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary><c>author</c>, <c>recorded</c> or empty when there are no golden samples.</summary>
    public string Golden { get; init; } = "";

    /// <summary>Ids of the keys that signed it and that the policy allows.</summary>
    public IReadOnlyList<string> SignedBy { get; init; } = [];

    /// <summary>The signed envelope (DSSE, JSON text); only when one package is asked for.</summary>
    public string? Envelope { get; init; }
}

/// <summary>What a push answers: <c>PUT /api/v1/packages</c>.</summary>
public sealed record PushResource
{
    /// <summary>The model's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The package's identity.</summary>
    public string Digest { get; init; } = "";

    /// <summary>False when the package was there already.</summary>
    public bool Created { get; init; }

    /// <summary>Chunks that must be uploaded first; the package is stored only when this is empty.</summary>
    public IReadOnlyList<string> MissingChunks { get; init; } = [];
}

/// <summary>Points a tag at a package: <c>PUT /api/v1/models/{name}/tags/{tag}</c>.</summary>
/// <param name="Digest">The package.</param>
/// <param name="Expected">Package that it must name until then, empty when it must not exist; null for
/// whichever.</param>
public sealed record TagRequest(string Digest, string? Expected = null);

/// <summary>What a tag named from a moment on.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Digest">The package.</param>
/// <param name="MovedAtMs">The moment, Unix milliseconds.</param>
public sealed record TagMoveResource(string Tag, string Digest, long MovedAtMs);

/// <summary>Digests: asks which chunks the server lacks, or says which.</summary>
/// <param name="Digests">Up to 4,096 digests.</param>
public sealed record DigestList(IReadOnlyList<string> Digests);
