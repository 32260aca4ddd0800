using Kedge.Core.Models;

namespace Kedge.Content.Chunking;

/// <summary>
/// How long chunks are meant to be. Decided by the length of the file alone, so that every version of it is cut in the
/// same way; one that grows past the border shares nothing by chunks with the one before it, once.
/// </summary>
/// <param name="BytesMin">Shortest, but for a file's last; below the average.</param>
/// <param name="BytesAverage">What they centre on, a power of two below
/// <see cref="ContentLimits.ChunkBytesMax"/>.</param>
public readonly record struct ChunkLengths(int BytesMin, int BytesAverage)
{
    /// <summary>Those of most files.</summary>
    public static readonly ChunkLengths Usual = new(ContentLimits.ChunkBytesMin, ContentLimits.ChunkBytesAverage);

    /// <summary>Those of files from <see cref="ModelLimits.LargeFileBytes"/>.</summary>
    public static readonly ChunkLengths Large =
        new(ContentLimits.LargeChunkBytesMin, ContentLimits.LargeChunkBytesAverage);

    /// <summary>Those of a file.</summary>
    /// <param name="fileBytes">Its whole length.</param>
    public static ChunkLengths Of(long fileBytes) => fileBytes >= ModelLimits.LargeFileBytes ? Large : Usual;
}
