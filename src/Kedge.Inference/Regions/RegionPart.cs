namespace Kedge.Inference.Regions;

/// <summary>A stretch of a region; it lies within.</summary>
/// <param name="Region">The region.</param>
/// <param name="Offset">Where it begins, in bytes from 0.</param>
/// <param name="ByteCount">Its length, in bytes from 0.</param>
public readonly record struct RegionPart(SharedRegion Region, int Offset, int ByteCount)
{
    /// <summary>Its memory; valid while the region is held.</summary>
    public Memory<byte> Memory => Region.Memory.Slice(Offset, ByteCount);

    /// <summary>The stretch, where the region is so large; null otherwise.</summary>
    internal static RegionPart? Of(SharedRegion region, long offset, long byteCount) =>
        offset >= 0 && byteCount >= 0 && offset <= region.Memory.Length && byteCount <= region.Memory.Length - offset
            ? new RegionPart(region, (int)offset, (int)byteCount)
            : null;
}
