namespace Kedge.Agent.Loop;

/// <summary>
/// The loop's time. Intervals are monotonic; the time of day is only believed within bounds. The floor is the latest
/// time
/// that somebody signed (this build, the own certificate, a desired state): the true time is never before it.
/// </summary>
internal sealed class LoopClock(TimeProvider time, long builtAtMs)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Time since the loop was made.</summary>
    internal TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>The device's clock, as it is: for people only.</summary>
    internal long WallMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The true time is not before this, Unix milliseconds UTC.</summary>
    internal long FloorMs { get; private set; } = builtAtMs;

    /// <summary>The best guess of the true time, Unix milliseconds UTC.</summary>
    internal long BelievedMs => Math.Max(WallMs, FloorMs);

    /// <summary>True when the device's clock cannot be right.</summary>
    internal bool IsWrong => WallMs < FloorMs - (long)TimeSpan.FromHours(1).TotalMilliseconds
        || WallMs > FloorMs + (long)AgentLimits.ClockAheadMax.TotalMilliseconds;

    /// <summary>What a clock on the wall beside the device shows, as far as that is known.</summary>
    internal DateTime Local(Func<DateTime, TimeSpan> offsetOf)
    {
        long ms = Math.Min(BelievedMs, AgentLimits.ClockMsMax);
        DateTime utc = DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime;
        return utc + offsetOf(utc);
    }

    internal void RaiseFloor(long signedMs) => FloorMs = Math.Max(FloorMs, signedMs);
}
