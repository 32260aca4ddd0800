using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>One file that is being brought: what is wanted, and how much of it is there, verified.</summary>
/// <param name="model">The model of the release that it belongs to.</param>
/// <param name="wanted">The file and its place.</param>
/// <param name="partial">What of it is there.</param>
/// <param name="tail">Bytes of it that cannot be used before more arrive.</param>
/// <param name="local">Chunks that stand elsewhere on this disk.</param>
internal sealed class FileFetch(
    WorkloadModel model, WantedFile wanted, PartialFile partial, TailFile tail, LocalContent local)
{
    /// <summary>The model of the release that it belongs to.</summary>
    internal WorkloadModel Model => model;

    /// <summary>What it must be.</summary>
    internal PackageFile File => wanted.File;

    /// <summary>Its place once it is whole, a path of the disk.</summary>
    internal string Path => wanted.Path;

    /// <summary>What of it is there.</summary>
    internal PartialFile Partial => partial;

    /// <summary>Bytes of it that cannot be used before more arrive; a way that finds others there drops them.</summary>
    internal TailFile Tail => tail;

    /// <summary>Chunks that stand elsewhere on this disk.</summary>
    internal LocalContent Local => local;

    /// <summary>The first chunk that is not there, from 0; the number of chunks when the file is whole.</summary>
    internal int Next => partial.Chunks;

    /// <summary>The first chunk that is not there. Not asked of a whole file.</summary>
    internal ChunkRef NextChunk => File.Chunks[Next];

    /// <summary>True once every chunk is there.</summary>
    internal bool IsWhole => Next == File.Chunks.Length;

    /// <summary>
    /// Appends the next chunk; false, with nothing changed, where the bytes are not that chunk. What a delta began of
    /// it is dropped.
    /// </summary>
    internal bool TryAppend(ReadOnlySpan<byte> chunk)
    {
        Check.That(!IsWhole);
        if (chunk.Length != NextChunk.Bytes)
        {
            return false;
        }

        partial.DropBack();
        return partial.TryAppend(chunk);
    }
}
