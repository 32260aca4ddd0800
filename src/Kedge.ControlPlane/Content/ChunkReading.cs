using Kedge.Core;

namespace Kedge.ControlPlane.Content;

/// <summary>What a look for a chunk found.</summary>
[Closed]
public abstract record ChunkReading
{
    private ChunkReading()
    {
    }

    /// <summary>It is there and has its digest.</summary>
    /// <param name="Chunk">Its bytes; whoever reads them disposes it.</param>
    public sealed record Found(StoredChunk Chunk) : ChunkReading;

    /// <summary>It is not there.</summary>
    public sealed record Absent : ChunkReading;

    /// <summary>What is there has other bytes than were stored.</summary>
    public sealed record Damaged : ChunkReading;
}
