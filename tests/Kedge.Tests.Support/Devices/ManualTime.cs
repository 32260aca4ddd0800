using Kedge.Core;

namespace Kedge.Tests.Support.Devices;

/// <summary>
/// A clock that moves only when told; timers ring on the thread that moves it, in order of their times.
/// </summary>
public sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _elapsed;

    /// <summary>Time of day; jumps of it do not move timers.</summary>
    public DateTimeOffset WallStart { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>When the next timer rings; null for never.</summary>
    public TimeSpan? NextTimer => _timers.Where(static t => t.Due is not null).Min(static t => t.Due);

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => _elapsed;

    public override DateTimeOffset GetUtcNow() => WallStart + _elapsed;

    public override long GetTimestamp() => _elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, callback, state);
        _timers.Add(timer);
        _ = timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on; timers that are due ring on the way.</summary>
    public void Advance(TimeSpan by)
    {
        Check.That(by >= TimeSpan.Zero);
        TimeSpan end = _elapsed + by;
        while (_timers.Where(t => t.Due <= end).MinBy(static t => t.Due) is { } next)
        {
            _elapsed = next.Due!.Value > _elapsed ? next.Due.Value : _elapsed; // Those found are due.
            next.Ring();
        }

        _elapsed = end;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime < TimeSpan.Zero ? null : time._elapsed + dueTime;
            _period = period;
            return true;
        }

        public void Ring()
        {
            Due = _period > TimeSpan.Zero ? Due + _period : null;
            callback(state);
        }

        public void Dispose() => _ = time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
