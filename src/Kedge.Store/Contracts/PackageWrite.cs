using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Store.Contracts;

/// <summary>A package that is pushed; its chunks are in the index already. Never compared as a record.</summary>
public sealed record PackageWrite
{
    /// <summary>Digest of the signed payload.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Name of the model, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>The signed envelope, exactly as it came.</summary>
    public required ImmutableArray<byte> Envelope { get; init; }

    /// <summary>The manifest, JSON.</summary>
    public required string ManifestJson { get; init; }

    /// <summary>Every chunk of its files, each once.</summary>
    public required ImmutableArray<ChunkRef> Chunks { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }
}
