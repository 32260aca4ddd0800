using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Measure;

namespace Kedge.Agent.Loop;

/// <summary>
/// The figures of one workload: the meter of the instance that serves, and the newest windows of its release and of the
/// release before, which the server needs to compare the two. Lives on the loop.
/// </summary>
internal sealed class WorkloadFigures
{
    private readonly List<KeptWindow> _windows = [];
    private InstanceId _lastId;
    private Digest _lastRelease;
    private int _lastRestarts;
    private bool _isFallback;

    /// <summary>The instance that serves; null when none does.</summary>
    internal InstanceMeter? Serving { get; private set; }

    /// <summary>True while a message is on its way.</summary>
    internal bool IsSending { get; set; }

    /// <summary>True when the server would not take them: it is not asked again on this connection.</summary>
    internal bool IsRefused { get; set; }

    /// <summary>
    /// Looks who serves now. One that stands in for the target does not make the target's next instance a first one.
    /// </summary>
    /// <returns>Who served until now and has an open window; null for nobody.</returns>
    internal InstanceMeter? Follow(InstanceState? current, bool isFallback, TimeSpan now)
    {
        if (Serving?.Id == current?.Id)
        {
            return null;
        }

        InstanceMeter? stopped = Serving;
        if (stopped is not null)
        {
            stopped.HasStopped = true;
            if (!_isFallback)
            {
                (_lastId, _lastRelease, _lastRestarts) = (stopped.Id, stopped.Release, stopped.Restarts);
            }
        }

        _isFallback = isFallback;
        Serving = current is null ? null : new InstanceMeter(current, now) { Restarts = RestartsOf(current) };
        return stopped?.Open is null ? null : stopped;
    }

    /// <summary>Takes what an instance answered, or null where it did not.</summary>
    internal void Take(InstanceMeter meter, InstanceFigures? figures, TimeSpan length, LoopClock clock)
    {
        // Instance and time name a window: no two may have the same, even where the clock was set back.
        long fromMs = Math.Max(0, clock.WallMs);
        foreach (KeptWindow kept in _windows)
        {
            fromMs = kept.Window.FromMs < fromMs || kept.Window.Instance != meter.Id ? fromMs : kept.Window.FromMs + 1;
        }

        if (meter.Take(figures, length, clock.Now, fromMs) is { } opened)
        {
            _windows.Add(opened);
            Trim();
        }
    }

    /// <summary>Windows that the server does not know as they are, oldest first; they count as told now.</summary>
    internal FigureWindow[] TakeUntold()
    {
        int count = 0;
        foreach (KeptWindow kept in _windows)
        {
            count += kept.IsUntold ? 1 : 0;
        }

        FigureWindow[] untold = count == 0 ? [] : new FigureWindow[count];
        for (int i = _windows.Count - 1; count > 0; i--)
        {
            if (_windows[i].IsUntold)
            {
                untold[--count] = _windows[i].Window;
                _windows[i].HasBeenTold();
            }
        }

        return untold;
    }

    /// <summary>A new connection: everything is told once more.</summary>
    internal void TellAgain()
    {
        (IsSending, IsRefused) = (false, false);
        foreach (KeptWindow kept in _windows)
        {
            kept.TellAgain();
        }
    }

    /// <summary>A newer instance of the release that served last: its process had ended by itself.</summary>
    private int RestartsOf(InstanceState current) =>
        current.Spec.Digest == _lastRelease && current.Id.Number > _lastId.Number ? _lastRestarts + 1 : 0;

    private void Trim()
    {
        Digest newest = _windows[^1].Window.Release;
        Digest before = newest;
        int ofNewest = 0;
        int ofBefore = 0;
        for (int i = _windows.Count - 1; i >= 0; i--)
        {
            Digest release = _windows[i].Window.Release;
            before = before == newest ? release : before;
            int count = release == newest ? ++ofNewest
                : release == before ? ++ofBefore
                : AgentLimits.WindowsPerReleaseMax + 1;
            if (count > AgentLimits.WindowsPerReleaseMax)
            {
                _windows.RemoveAt(i);
            }
        }
    }
}
