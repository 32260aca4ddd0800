using Kedge.Core;
using Kedge.Core.Sites;

namespace Kedge.ControlPlane.Content.Pace;

/// <summary>
/// Paces what this server sends to the devices of one site. Whoever sends takes one piece after another; a timer wakes
/// whoever is next when the next piece may go. No thread waits.
/// </summary>
internal sealed class SitePace : IDisposable
{
    private const long MinuteTicks = TimeSpan.TicksPerMinute;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private readonly PaceLine<Waiter> _line = new();
    private readonly Dictionary<DeviceId, int> _answers = [];
    private SiteSpec _spec;
    private TimeZoneInfo _zone;
    private bool _ended;
    private long _bytes;
    private TimeSpan _waited;

    public SitePace(SiteSpec spec, TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        (_spec, _zone) = (spec, ZoneOf(spec));
        _timer = time.CreateTimer(
            static state => ((SitePace?)state)?.Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What went to the site and how it stands now.</summary>
    public SitePaceReport Report
    {
        get
        {
            lock (_lock)
            {
                return new SitePaceReport(_bytes, _waited, _answers.Count, Rates());
            }
        }
    }

    /// <summary>Another spec counts from now on, also for those who wait.</summary>
    public void Change(SiteSpec spec)
    {
        lock (_lock)
        {
            (_spec, _zone) = (spec, ZoneOf(spec));
            Pump();
        }
    }

    /// <summary>
    /// An answer to a device begins; false when so many devices are served already that each would wait too long.
    /// </summary>
    public bool TryEnter(DeviceId device)
    {
        lock (_lock)
        {
            int answers = _answers.GetValueOrDefault(device);
            if (answers >= ServerLimits.PaceAnswersMax
                || (answers == 0 && _answers.Count >= DevicesMax(_spec.Bandwidth.Least)))
            {
                return false;
            }

            _answers[device] = answers + 1;
            return true;
        }
    }

    /// <summary>An answer to a device has ended.</summary>
    public void Leave(DeviceId device)
    {
        lock (_lock)
        {
            int answers = _answers.GetValueOrDefault(device) - 1;
            if (answers > 0)
            {
                _answers[device] = answers;
            }
            else
            {
                _answers.Remove(device);
            }
        }
    }

    /// <summary>Waits until a piece may go to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytesMax">How much there is to send, 1 or more.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>How much of it may go now, 1 to <paramref name="bytesMax"/>.</returns>
    public async ValueTask<int> TakeAsync(DeviceId device, int bytesMax, CancellationToken ct)
    {
        Waiter waiter = new(bytesMax, _time.GetTimestamp());
        lock (_lock)
        {
            if (_ended || Rates().IsNone)
            {
                _bytes += bytesMax;
                return bytesMax;
            }

            _line.Add(device, waiter);
            Pump();
        }

        if (waiter.Granted.IsCompleted)
        {
            return await waiter.Granted.ConfigureAwait(false);
        }

        try
        {
            return await waiter.Granted.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                _line.Remove(device, waiter);
            }

            throw;
        }
    }

    /// <summary>The site is no longer paced: whoever waits goes on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (Waiter waiter in _line.Clear())
            {
                waiter.Grant(waiter.BytesMax);
            }
        }

        _timer.Dispose();
    }

    /// <summary>So many devices at one time that each comes to its turn within <see cref="ServerLimits.PaceWaitMax"/>,
    /// with all its answers, at the smallest limit of the week.</summary>
    internal static long DevicesMax(long leastLimit) => leastLimit == 0
        ? int.MaxValue
        : Math.Max(1, (long)(leastLimit * ServerLimits.PaceWaitMax.TotalSeconds)
            / (PaceRates.PieceBytesMin * ServerLimits.PaceAnswersMax));

    private static TimeZoneInfo ZoneOf(SiteSpec spec) =>
        SiteZone.TryFind(spec.Bandwidth.TimeZone, out TimeZoneInfo? zone) ? zone : TimeZoneInfo.Utc;

    private void Ring()
    {
        lock (_lock)
        {
            Pump();
        }
    }

    private PaceRates Rates()
    {
        DateTime utc = _time.GetUtcNow().UtcDateTime;
        return _spec.Bandwidth.RatesAt(utc, _zone.GetUtcOffset(utc));
    }

    /// <summary>Lets go what may go, and sets the timer for what may go next.</summary>
    private void Pump()
    {
        if (_ended)
        {
            return;
        }

        PaceRates rates = Rates();
        TimeSpan wait;
        while (_line.TryNext(rates, _time.GetElapsedTime(_start), out Waiter? waiter, out DeviceId device, out wait))
        {
            int bytes = Math.Min(waiter.BytesMax, rates.PieceBytes);
            _line.Take(device, bytes);
            _bytes += bytes;
            _waited += _time.GetElapsedTime(waiter.SinceTimestamp);
            waiter.Grant(bytes);
        }

        _timer.Change(wait == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : DueAfter(wait), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whole milliseconds, which is what timers count, and not beyond the minute: windows open and close with
    /// minutes.</summary>
    private TimeSpan DueAfter(TimeSpan wait)
    {
        TimeSpan minute = TimeSpan.FromTicks(MinuteTicks - (_time.GetUtcNow().UtcTicks % MinuteTicks));
        return TimeSpan.FromMilliseconds(Math.Ceiling((wait < minute ? wait : minute).TotalMilliseconds));
    }

    private sealed class Waiter(int bytesMax, long sinceTimestamp)
    {
        private readonly TaskCompletionSource<int> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int BytesMax => bytesMax;

        public long SinceTimestamp => sinceTimestamp;

        public Task<int> Granted => _granted.Task;

        public void Grant(int bytes) => _granted.TrySetResult(bytes);
    }
}
