namespace Kedge.Core.Device;

/// <summary>What was compared so far while a release saw copies of live requests. Never compared itself.</summary>
/// <param name="compared">Answers that were compared, from 0.</param>
/// <param name="agreed">Those of them that agreed.</param>
/// <param name="dropped">Copies that were dropped, because too many waited or one was too large.</param>
/// <param name="time">For how long requests were copied.</param>
/// <param name="first">The first difference in words; empty without one.</param>
public sealed class ShadowCounts(long compared, long agreed, long dropped, TimeSpan time, string first)
{
    /// <summary>Answers that were compared.</summary>
    public long Compared { get; } = compared;

    /// <summary>Those of them that agreed.</summary>
    public long Agreed { get; } = agreed;

    /// <summary>Copies that were dropped.</summary>
    public long Dropped { get; } = dropped;

    /// <summary>For how long requests were copied.</summary>
    public TimeSpan Time { get; } = time;

    /// <summary>The first difference in words; empty without one.</summary>
    public string First { get; } = first;
}
