using System.Collections.Concurrent;
using Kedge.Core;
using Kedge.Zstd;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// Chunks as zstd frames and back. Frames are always made here, also of what came as a frame: a device gets none that
/// somebody else shaped. Where the machine has no zstd library, chunks stay as they are.
/// </summary>
internal sealed class ChunkCoding
{
    /// <summary>What a frame of the longest chunk can take, in bytes: nothing saved, 3 bytes for each 128 KiB block,
    /// and a header of at most 18 (RFC 8878 §3.1.1), with room for a frame that was cut into small blocks.</summary>
    public const int FrameBytesMax = Limits.ChunkBytesMax + (4 * Limits.KiB);

    /// <summary>Weights give the same at any level; 9 does better on text and graphs at half the speed of 1.</summary>
    private static readonly ZstdSettings Settings = new(Level: 9);

    private readonly ConcurrentBag<ZstdCompressor> _compressors = [];
    private readonly ConcurrentBag<ZstdDecompressor> _decompressors = [];

    /// <summary>Makes a frame of a chunk where that saves at least a sixteenth.</summary>
    /// <param name="plain">The chunk.</param>
    /// <param name="into">Room for at least as many bytes.</param>
    /// <returns>Bytes of the frame; 0 when the chunk is to stay as it is.</returns>
    public int Encode(ReadOnlySpan<byte> plain, Span<byte> into)
    {
        int room = plain.Length - Math.Max(1, plain.Length / 16);
        if (!ZstdLibrary.IsPresent || room == 0)
        {
            return 0;
        }

        ZstdCompressor compressor = _compressors.TryTake(out ZstdCompressor? kept) ? kept : new(Settings);
        bool fits = compressor.TryCompress(plain, [], into[..room], out int written);
        _compressors.Add(compressor);
        return fits ? written : 0;
    }

    /// <summary>How long the content of a frame is that holds at most a chunk.</summary>
    /// <param name="frame">The frame, which must say so.</param>
    /// <param name="bytes">Length of the content; 0 when the answer is another.</param>
    /// <returns>Stored when it may be read; nothing is stored by this.</returns>
    public static ChunkVerdict Measure(ReadOnlySpan<byte> frame, out int bytes)
    {
        bytes = 0;
        ZstdLibrary.Demand();
        if (!ZstdDecompressor.TryContentBytes(frame, out long content))
        {
            return ChunkVerdict.Undecodable;
        }

        if (content is 0 or > Limits.ChunkBytesMax)
        {
            return content == 0 ? ChunkVerdict.Empty : ChunkVerdict.TooLarge;
        }

        bytes = (int)content;
        return ChunkVerdict.Stored;
    }

    /// <summary>Reads a frame; false when it does not hold exactly as many bytes as there is room for.</summary>
    public bool TryDecode(ReadOnlySpan<byte> frame, Span<byte> into)
    {
        ZstdDecompressor decompressor = _decompressors.TryTake(out ZstdDecompressor? kept) ? kept : new();
        bool isWhole = decompressor.TryDecompress(frame, [], into);
        _decompressors.Add(decompressor);
        return isWhole;
    }
}
