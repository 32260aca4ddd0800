using Kedge.Content.Formats;

namespace Kedge.Content.Delta;

/// <summary>
/// The written form of a segment (docs/protocol/delta.md): how its parts, its literals and the two streams of the coder
/// lie in it. The same type is filled by the writer and by the reader.
/// </summary>
internal ref struct SegmentForm
{
    /// <summary>First byte: the bytes of the target follow as they are.</summary>
    public const byte Raw = 0;

    /// <summary>First byte: parts follow.</summary>
    public const byte Parts = 1;

    /// <summary>True when the literals are a zstd frame.</summary>
    public bool IsCompressed;

    /// <summary>What the frame may look at.</summary>
    public SegmentPrefix Prefix;

    /// <summary>The literals of all parts in order, or the frame that holds them.</summary>
    public ReadOnlySpan<byte> Literals;

    /// <summary>The coder's decisions.</summary>
    public ReadOnlySpan<byte> Decisions;

    /// <summary>The coder's plain bits.</summary>
    public ReadOnlySpan<byte> Plain;

    /// <summary>Writes the form.</summary>
    public readonly void Write(List<byte> into, IReadOnlyList<SegmentPart> parts, long targetOffset)
    {
        into.Clear();
        into.Add(Parts);
        SegmentNumbers.Write(into, (ulong)parts.Count);
        long expected = targetOffset;
        long at = targetOffset;
        foreach (SegmentPart part in parts)
        {
            SegmentNumbers.Write(into, ((ulong)part.Bytes << 3) | (ulong)part.Kind);
            if (part.IsCoded)
            {
                into.Add((byte)part.Element);
                SegmentNumbers.Write(into, (ulong)part.Choice);
            }

            if (part.UsesBase)
            {
                SegmentNumbers.WriteSigned(into, part.From - expected);
                expected = part.From;
            }
            else if (part.Kind == PartKind.CopyEarlier)
            {
                SegmentNumbers.Write(into, (ulong)(at - part.From));
            }

            expected += part.Bytes;
            at += part.Bytes;
        }

        into.Add(IsCompressed ? (byte)1 : (byte)0);
        if (IsCompressed)
        {
            SegmentNumbers.Write(into, (ulong)Prefix.EarlierBytes);
            SegmentNumbers.Write(into, (ulong)Prefix.BaseBytes);
            SegmentNumbers.WriteSigned(into, Prefix.BaseOffset - targetOffset);
        }

        SegmentNumbers.Write(into, (ulong)Literals.Length);
        SegmentNumbers.Write(into, (ulong)Decisions.Length);
        into.AddRange(Literals);
        into.AddRange(Decisions);
        into.AddRange(Plain);
    }

    /// <summary>Reads the form behind its first byte; false when the bytes are not one, or lead outside.</summary>
    /// <param name="bytes">All bytes after the first.</param>
    /// <param name="bounds">What it must fit in.</param>
    /// <param name="parts">Where the parts go.</param>
    public bool TryRead(ReadOnlySpan<byte> bytes, SegmentBounds bounds, List<SegmentPart> parts)
    {
        parts.Clear();
        if (!SegmentNumbers.TryRead(ref bytes, DeltaLimits.PartsMax, out int count) || count > bytes.Length)
        {
            return false;
        }

        long expected = bounds.TargetOffset;
        long at = bounds.TargetOffset;
        for (int index = 0; index < count; index++)
        {
            if (!TryPart(ref bytes, ref expected, at, out SegmentPart part)
                || part.Bytes > bounds.TargetOffset + bounds.TargetBytes - at
                || !IsInside(part, bounds))
            {
                return false;
            }

            at += part.Bytes;
            parts.Add(part);
        }

        return at == bounds.TargetOffset + bounds.TargetBytes && TryRest(bytes, bounds);
    }

    private static bool TryPart(ref ReadOnlySpan<byte> bytes, ref long expected, long at, out SegmentPart part)
    {
        part = default;
        if (!SegmentNumbers.TryRead(ref bytes, DeltaLimits.SegmentBytesMax << 3 | 7, out int head) || head >> 3 == 0)
        {
            return false;
        }

        part = new SegmentPart((PartKind)(head & 7), head >> 3);
        if (part.Kind is < PartKind.Literal or > PartKind.Alone)
        {
            return false;
        }

        if (part.IsCoded)
        {
            if (bytes.IsEmpty || bytes[0] > (byte)ElementKind.Int64)
            {
                return false;
            }

            part = part with { Element = (ElementKind)bytes[0] };
            bytes = bytes[1..];
            if (!SegmentNumbers.TryRead(ref bytes, ushort.MaxValue, out int choice))
            {
                return false;
            }

            part = part with { Choice = choice };
        }

        if (part.UsesBase)
        {
            if (!SegmentNumbers.TryReadSigned(ref bytes, out long from))
            {
                return false;
            }

            part = part with { From = unchecked(expected + from) };
            expected = part.From;
        }
        else if (part.Kind == PartKind.CopyEarlier)
        {
            if (!SegmentNumbers.TryRead(ref bytes, out ulong back))
            {
                return false;
            }

            part = part with { From = unchecked(at - (long)back) };
        }

        expected = unchecked(expected + part.Bytes);
        return true;
    }

    /// <summary>A copy from the target may not reach into the segment that is being made.</summary>
    private static bool IsInside(SegmentPart part, SegmentBounds bounds)
    {
        long end = part.UsesBase ? bounds.BaseBytes
            : part.Kind == PartKind.CopyEarlier ? bounds.TargetOffset
            : long.MaxValue;
        bool isPlaced = part.From >= 0 && part.From <= end - part.Bytes;
        return isPlaced && (!part.IsCoded || PartCodec.IsPossible(part));
    }

    private bool TryRest(ReadOnlySpan<byte> bytes, SegmentBounds bounds)
    {
        if (bytes.IsEmpty || bytes[0] > 1)
        {
            return false;
        }

        IsCompressed = bytes[0] == 1;
        bytes = bytes[1..];
        if (IsCompressed)
        {
            if (!SegmentNumbers.TryRead(ref bytes, DeltaLimits.PrefixBytesMax, out int earlierBytes)
                || !SegmentNumbers.TryRead(ref bytes, DeltaLimits.PrefixBytesMax, out int baseBytes)
                || !SegmentNumbers.TryReadSigned(ref bytes, out long from))
            {
                return false;
            }

            Prefix = new SegmentPrefix(unchecked(bounds.TargetOffset + from), baseBytes, earlierBytes);
            bool isInside = earlierBytes <= bounds.TargetOffset
                && (baseBytes == 0 || (Prefix.BaseOffset >= 0 && Prefix.BaseOffset <= bounds.BaseBytes - baseBytes));
            if (!isInside)
            {
                return false;
            }
        }

        if (!SegmentNumbers.TryRead(ref bytes, DeltaLimits.EncodedBytesMax, out int literalBytes)
            || !SegmentNumbers.TryRead(ref bytes, DeltaLimits.EncodedBytesMax, out int decisionBytes)
            || literalBytes > bytes.Length
            || decisionBytes > bytes.Length - literalBytes)
        {
            return false;
        }

        Literals = bytes[..literalBytes];
        Decisions = bytes.Slice(literalBytes, decisionBytes);
        Plain = bytes[(literalBytes + decisionBytes)..];
        return true;
    }
}
