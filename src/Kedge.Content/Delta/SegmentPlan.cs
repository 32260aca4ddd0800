using System.Runtime.InteropServices;

namespace Kedge.Content.Delta;

/// <summary>The parts of one segment as they are found, from its beginning to its end.</summary>
internal sealed class SegmentPlan
{
    private readonly List<SegmentPart> _parts = [];

    /// <summary>The parts in order.</summary>
    public IReadOnlyList<SegmentPart> Parts => _parts;

    /// <summary>Bytes of the segment that parts were found for.</summary>
    public int Bytes { get; private set; }

    /// <summary>True once there are as many parts as a segment may have, but for one.</summary>
    public bool IsFull => _parts.Count >= DeltaLimits.PartsMax - 1;

    public void Clear()
    {
        _parts.Clear();
        Bytes = 0;
    }

    /// <summary>Adds a part; it becomes one with the last where it goes on with the same.</summary>
    public void Add(SegmentPart part)
    {
        if (part.Bytes == 0)
        {
            return;
        }

        Span<SegmentPart> parts = CollectionsMarshal.AsSpan(_parts);
        if (!parts.IsEmpty && GoesOn(parts[^1], part))
        {
            parts[^1] = parts[^1] with { Bytes = parts[^1].Bytes + part.Bytes };
        }
        else
        {
            _parts.Add(part);
        }

        Bytes += part.Bytes;
    }

    /// <summary>The same parts, with literals in the place of what a codec would make.</summary>
    public void CopyWithoutCodecs(SegmentPlan into)
    {
        into.Clear();
        foreach (SegmentPart part in _parts)
        {
            into.Add(part.IsCoded ? new SegmentPart(PartKind.Literal, part.Bytes) : part);
        }
    }

    private static bool GoesOn(SegmentPart last, SegmentPart next) => last.Kind == next.Kind && next.Kind switch
    {
        PartKind.Literal => true,
        PartKind.CopyBase or PartKind.CopyEarlier => last.From + last.Bytes == next.From,
        PartKind.Unknown or PartKind.Difference or PartKind.Alone => false,
    };
}
