namespace Kedge.Content.Delta;

/// <summary>Bounds of deltas, each with unit and reason.</summary>
public static class DeltaLimits
{
    /// <summary>
    /// Bytes of the target that one segment describes: what a device holds at once, and what it decodes anew when a
    /// line
    /// breaks in the middle of one.
    /// </summary>
    public const int SegmentBytesMax = 1024 * 1024;

    /// <summary>Bytes of an encoded segment: one that does not shrink is written as it is, behind one byte.</summary>
    public const int EncodedBytesMax = SegmentBytesMax + 1;

    /// <summary>Bytes of the base that a segment's compression may look at, at one place.</summary>
    public const int PrefixBytesMax = 1024 * 1024;

    /// <summary>Parts of a segment: every 64 bytes one, before describing them costs more than they save.</summary>
    public const int PartsMax = SegmentBytesMax / 64;

    /// <summary>
    /// Bytes of a target or a base: twice a package's largest file, and far from where offsets overflow.
    /// </summary>
    public const long FileBytesMax = 1L << 40;

    /// <summary>Bytes of a delta's head, before the index.</summary>
    public const int HeaderBytes = 96;

    /// <summary>Bytes of one entry of the index.</summary>
    public const int IndexEntryBytes = 8;
}
