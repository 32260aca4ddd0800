namespace Kedge.Content.Delta;

/// <summary>What a segment must fit in.</summary>
/// <param name="TargetOffset">Where its bytes begin in the target.</param>
/// <param name="TargetBytes">How many they are.</param>
/// <param name="BaseBytes">Length of the base; 0 when there is none.</param>
internal readonly record struct SegmentBounds(long TargetOffset, int TargetBytes, long BaseBytes);
