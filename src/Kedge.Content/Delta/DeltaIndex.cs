using System.Buffers.Binary;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Delta;

/// <summary>
/// Where each segment of a delta lies, and what of the target it makes: with this a device goes on at any segment.
/// Never
/// compared.
/// </summary>
public sealed class DeltaIndex
{
    private readonly long[] _targetEnds;
    private readonly long[] _encodedEnds;

    private DeltaIndex(long[] targetEnds, long[] encodedEnds)
    {
        _targetEnds = targetEnds;
        _encodedEnds = encodedEnds;
    }

    /// <summary>How many segments there are.</summary>
    public int Count => _targetEnds.Length;

    /// <summary>Bytes of the whole delta, head and index included.</summary>
    public long ContainerBytes => Count == 0 ? DeltaLimits.HeaderBytes : _encodedEnds[^1];

    /// <summary>Reads the index. Never throws, whatever the bytes.</summary>
    /// <param name="header">The head before it.</param>
    /// <param name="bytes">At least as many as the head says; the rest is not looked at.</param>
    /// <param name="index">The index; null when the answer is false.</param>
    /// <param name="finding">Why it was refused; null when the answer is true.</param>
    public static bool TryRead(
        DeltaHeader header, ReadOnlySpan<byte> bytes, out DeltaIndex? index, out Finding? finding)
    {
        index = null;
        if (bytes.Length < header.IndexBytes)
        {
            finding = DeltaErrors.Malformed.At("The index of the delta is cut off.");
            return false;
        }

        long[] targetEnds = new long[header.SegmentCount];
        long[] encodedEnds = new long[header.SegmentCount];
        long target = 0;
        long encoded = header.FrontBytes;
        for (int segment = 0; segment < header.SegmentCount; segment++)
        {
            uint targetBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(segment * 8)..]);
            uint encodedBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[((segment * 8) + 4)..]);
            if (targetBytes is 0 or > DeltaLimits.SegmentBytesMax || encodedBytes is 0
                || encodedBytes > targetBytes + 1)
            {
                finding = DeltaErrors.Malformed.At($"Segment {segment} of the delta claims an impossible length.");
                return false;
            }

            targetEnds[segment] = target += targetBytes;
            encodedEnds[segment] = encoded += encodedBytes;
        }

        if (target != header.TargetBytes)
        {
            finding = DeltaErrors.Malformed.At($"The delta makes {target} of {header.TargetBytes} bytes.");
            return false;
        }

        finding = null;
        index = new DeltaIndex(targetEnds, encodedEnds);
        return true;
    }

    /// <summary>One segment.</summary>
    /// <param name="segment">Which, 0..<see cref="Count"/>-1.</param>
    public DeltaSegment this[int segment]
    {
        get
        {
            long target = segment == 0 ? 0 : _targetEnds[segment - 1];
            int front = DeltaLimits.HeaderBytes + (Count * DeltaLimits.IndexEntryBytes);
            long encoded = segment == 0 ? front : _encodedEnds[segment - 1];
            return new DeltaSegment(
                target, (int)(_targetEnds[segment] - target), encoded, (int)(_encodedEnds[segment] - encoded));
        }
    }

    /// <summary>The segment that makes the byte at <paramref name="targetOffset"/>.</summary>
    /// <param name="targetOffset">0 up to the target's length; there the answer is <see cref="Count"/>.</param>
    public int SegmentAt(long targetOffset)
    {
        Check.That(targetOffset >= 0);
        int found = Array.BinarySearch(_targetEnds, targetOffset);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>Writes an index.</summary>
    internal static void Write(Span<byte> into, IReadOnlyList<(int TargetBytes, int EncodedBytes)> segments)
    {
        for (int segment = 0; segment < segments.Count; segment++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(into[(segment * 8)..], segments[segment].TargetBytes);
            BinaryPrimitives.WriteInt32LittleEndian(into[((segment * 8) + 4)..], segments[segment].EncodedBytes);
        }
    }
}
