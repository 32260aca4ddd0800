namespace Kedge.Content.Delta;

/// <summary>How a part of a segment is made. Numbers are part of the format and stay.</summary>
internal enum PartKind
{
    /// <summary>Never written.</summary>
    Unknown = 0,

    /// <summary>The next bytes of the segment's literals.</summary>
    Literal = 1,

    /// <summary>Bytes of the base, as they are.</summary>
    CopyBase = 2,

    /// <summary>Bytes of the target before this segment, as they are.</summary>
    CopyEarlier = 3,

    /// <summary>Elements as differences from elements of the base.</summary>
    Difference = 4,

    /// <summary>Elements by themselves.</summary>
    Alone = 5,
}
