using Kedge.Content.Formats;

namespace Kedge.Content.Delta;

/// <summary>One part of a segment.</summary>
/// <param name="Kind">How it is made.</param>
/// <param name="Bytes">Bytes of the target that it makes, 1 or more.</param>
/// <param name="From">Where in the base, or in the target before the segment, its bytes begin; 0 where it has
/// none.</param>
/// <param name="Element">What its elements are; <see cref="ElementKind.Unknown"/> where it has none.</param>
/// <param name="Choice">What the codec of its elements is told: see <see cref="PartCodec"/>.</param>
internal readonly record struct SegmentPart(
    PartKind Kind, int Bytes, long From = 0, ElementKind Element = ElementKind.Unknown, int Choice = 0)
{
    /// <summary>True where it looks at the base.</summary>
    public bool UsesBase => Kind is PartKind.CopyBase or PartKind.Difference;

    /// <summary>True where the coder has a share in it.</summary>
    public bool IsCoded => Kind is PartKind.Difference or PartKind.Alone;
}
