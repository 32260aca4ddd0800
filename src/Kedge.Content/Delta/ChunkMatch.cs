namespace Kedge.Content.Delta;

/// <summary>Bytes of the target that stand elsewhere too.</summary>
/// <param name="TargetOffset">Where they begin in the target.</param>
/// <param name="Bytes">How many they are.</param>
/// <param name="From">Where they begin in the base, or earlier in the target.</param>
/// <param name="IsEarlier">True when they stand earlier in the target.</param>
internal readonly record struct ChunkMatch(long TargetOffset, long Bytes, long From, bool IsEarlier)
{
    public long End => TargetOffset + Bytes;
}
