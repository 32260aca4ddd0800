using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>One package, without its envelope and manifest.</summary>
public sealed record PackageRow
{
    /// <summary>Digest of the signed payload.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Sum of its chunks, in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>How many chunks it has.</summary>
    public required int ChunkCount { get; init; }

    /// <summary>When it was pushed, Unix ms.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>Store revision of the push.</summary>
    public required long Revision { get; init; }
}
