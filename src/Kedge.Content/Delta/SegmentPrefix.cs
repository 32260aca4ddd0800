namespace Kedge.Content.Delta;

/// <summary>What the compression of a segment's literals may look at: a window of the base, then the target just before
/// the segment.</summary>
/// <param name="BaseOffset">Where the window of the base begins.</param>
/// <param name="BaseBytes">How long it is, 0..<see cref="DeltaLimits.PrefixBytesMax"/>.</param>
/// <param name="EarlierBytes">How much of the target before the segment,
/// 0..<see cref="DeltaLimits.PrefixBytesMax"/>.</param>
internal readonly record struct SegmentPrefix(long BaseOffset, int BaseBytes, int EarlierBytes)
{
    public int Bytes => BaseBytes + EarlierBytes;
}
