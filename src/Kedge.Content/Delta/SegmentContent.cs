namespace Kedge.Content.Delta;

/// <summary>What there is to write of a segment.</summary>
/// <param name="offset">Where it begins in the target.</param>
/// <param name="bytes">Its bytes.</param>
/// <param name="beside">Bytes of the base beside them.</param>
/// <param name="displacement">How far the base was behind the target before the segment.</param>
internal readonly ref struct SegmentContent(
    long offset, Span<byte> bytes, ReadOnlySpan<byte> beside, long displacement)
{
    public long Offset { get; } = offset;

    public Span<byte> Bytes { get; } = bytes;

    public ReadOnlySpan<byte> Beside { get; } = beside;

    public long Displacement { get; } = displacement;
}
