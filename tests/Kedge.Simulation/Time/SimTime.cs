namespace Kedge.Simulation.Time;

/// <summary>
/// The clocks of one node over virtual time. The time of day may jump; the monotonic clock never does.
/// </summary>
internal sealed class SimTime(SimScheduler scheduler) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    // Real timers count ticks of a coarser clock than the one that is read: they may ring a little early.
    private static readonly TimeSpan RingsEarlyBy = TimeSpan.FromMicroseconds(400);

    /// <summary>How wrong the time of day is on this node.</summary>
    public TimeSpan WallOffset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Epoch + scheduler.Now + WallOffset;

    public override long GetTimestamp() => scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        SimTimer timer = new(scheduler, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(SimScheduler scheduler, Action callback) : ITimer
    {
        private SimScheduler.Entry? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.Cancel();
            _next = dueTime == Timeout.InfiniteTimeSpan
                ? null
                : scheduler.After(
                    dueTime < RingsEarlyBy ? TimeSpan.Zero : dueTime - RingsEarlyBy, () => Fire(period));
            return true;
        }

        public void Dispose() => _next?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire(TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            callback();
        }
    }
}
