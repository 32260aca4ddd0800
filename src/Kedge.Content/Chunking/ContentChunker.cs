using System.Numerics;
using Kedge.Core;

namespace Kedge.Content.Chunking;

/// <summary>
/// Cuts a stream of bytes where its content says so, so that an insertion moves only the cuts around it and two
/// versions of a model share the chunks that they share bytes in. FastCDC: gear hash, no cut before the minimum,
/// and a stricter mask before the average than after it, which draws lengths towards the average (W. Xia et al.,
/// "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016, §3;
/// W. Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage Systems", IEEE
/// TPDS 31(9), 2020, normalization level 2). Cuts depend on the bytes alone, not on how they are pushed. It holds
/// no bytes and computes no digest.
/// </summary>
public sealed class ContentChunker
{
    private const int NormalizationBits = 2;

    private readonly ChunkLengths _lengths;
    private readonly ulong _maskBefore;
    private readonly ulong _maskAfter;
    private ulong _fingerprint;
    private int _length;

    /// <summary>Cuts into chunks of the usual lengths.</summary>
    public ContentChunker()
        : this(ChunkLengths.Usual)
    {
    }

    /// <summary>Cuts into chunks of given lengths.</summary>
    public ContentChunker(ChunkLengths lengths)
    {
        Check.That(lengths.BytesMin > 0);
        Check.That(lengths.BytesMin < lengths.BytesAverage);
        Check.That(lengths.BytesAverage < ContentLimits.ChunkBytesMax);
        Check.That(BitOperations.IsPow2(lengths.BytesAverage));
        int averageBits = BitOperations.Log2((uint)lengths.BytesAverage);
        _lengths = lengths;
        _maskBefore = Mask(averageBits + NormalizationBits);
        _maskAfter = Mask(averageBits - NormalizationBits);
    }

    /// <summary>Bytes pushed since the last cut, 0..<see cref="ContentLimits.ChunkBytesMax"/>-1.</summary>
    public int PendingBytes => _length;

    /// <summary>Looks at <paramref name="input"/> for the end of the current chunk.</summary>
    /// <param name="input">The next bytes of the stream.</param>
    /// <param name="consumed">How many of them belong to the current chunk; all of them when the answer is
    /// false.</param>
    /// <returns>True when the chunk ends after <paramref name="consumed"/> bytes; go on with the rest.</returns>
    public bool TryCut(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = Math.Min(input.Length, Math.Max(0, _lengths.BytesMin - _length));
        _length += consumed;
        bool cut = TryCut(input, ref consumed, _lengths.BytesAverage, _maskBefore)
            || TryCut(input, ref consumed, ContentLimits.ChunkBytesMax, _maskAfter)
            || _length == ContentLimits.ChunkBytesMax;
        if (cut)
        {
            _length = 0;
            _fingerprint = 0;
        }

        Check.That(cut || consumed == input.Length);
        return cut;
    }

    /// <summary>Hashes on until the chunk has <paramref name="lengthMax"/> bytes; true where the mask is met.</summary>
    private bool TryCut(ReadOnlySpan<byte> input, ref int consumed, int lengthMax, ulong mask)
    {
        int end = Math.Min(input.Length, consumed + Math.Max(0, lengthMax - _length));
        ulong fingerprint = _fingerprint;
        for (int index = consumed; index < end; index++)
        {
            fingerprint = (fingerprint << 1) + GearTable.Values[input[index]];
            if ((fingerprint & mask) == 0)
            {
                _length += index + 1 - consumed;
                consumed = index + 1;
                return true;
            }
        }

        _fingerprint = fingerprint;
        _length += end - consumed;
        consumed = end;
        return false;
    }

    /// <summary>A mask of so many ones, spread over the upper 48 bits: a bit at place n looks at the last n + 1 bytes,
    /// so that the low places would look at too few (FastCDC §3.3).</summary>
    private static ulong Mask(int ones)
    {
        ulong mask = 0;
        for (int index = 0; index < ones; index++)
        {
            mask |= 1UL << (63 - (index * 48 / ones));
        }

        Check.That(BitOperations.PopCount(mask) == ones);
        return mask;
    }
}
