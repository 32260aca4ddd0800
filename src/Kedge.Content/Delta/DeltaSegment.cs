namespace Kedge.Content.Delta;

/// <summary>Where one segment lies and what it makes.</summary>
/// <param name="TargetOffset">Where its bytes begin in the target.</param>
/// <param name="TargetBytes">How many they are, 1..<see cref="DeltaLimits.SegmentBytesMax"/>.</param>
/// <param name="EncodedOffset">Where it begins in the delta, head and index counted.</param>
/// <param name="EncodedBytes">How many bytes it takes there, 1..<paramref name="TargetBytes"/>+1.</param>
public readonly record struct DeltaSegment(long TargetOffset, int TargetBytes, long EncodedOffset, int EncodedBytes);
