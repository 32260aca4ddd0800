using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>
/// One instance that is asked for its figures. What it says is the sum since its start: a window is the difference of
/// two readings, the one that opened it and the newest. Lives on the loop.
/// </summary>
/// <param name="instance">The instance.</param>
/// <param name="now">When it began to serve, or was found serving.</param>
internal sealed class InstanceMeter(InstanceState instance, TimeSpan now)
{
    private readonly TimeSpan _trialEnds = now + AgentLimits.FiguresTrial;
    private InstanceFigures? _base;
    private TimeSpan _opened;
    private bool _isIdle;

    internal InstanceId Id => instance.Id;

    internal Digest Release => instance.Spec.Digest;

    /// <summary>How often the release had been started again when this instance began to serve.</summary>
    internal int Restarts { get; init; }

    /// <summary>When it is to be asked next.</summary>
    internal TimeSpan NextAt { get; private set; } = now;

    /// <summary>Requests that it had answered well when it was asked last; -1 when it has not told yet.</summary>
    internal long Answered { get; private set; } = -1;

    /// <summary>True while its answer is awaited.</summary>
    internal bool IsReading { get; set; }

    /// <summary>True once another serves instead, or none: its next answer is the last.</summary>
    internal bool HasStopped { get; set; }

    /// <summary>The window that is open; null before the first answer and after the last.</summary>
    internal KeptWindow? Open { get; private set; }

    /// <summary>
    /// Takes an answer, or that there was none. An answer that does not follow from the one before is none: a process
    /// may say anything.
    /// </summary>
    /// <param name="figures">What it answered; null for nothing.</param>
    /// <param name="length">How long a window lasts.</param>
    /// <param name="now">Now.</param>
    /// <param name="fromMs">Time of day that a window which opens now has.</param>
    /// <returns>The window that opened; null for none.</returns>
    internal KeptWindow? Take(InstanceFigures? figures, TimeSpan length, TimeSpan now, long fromMs)
    {
        IsReading = false;
        Answered = figures?.Latency.Total ?? Answered;
        bool isGood = figures is not null && (Open is null || Grow(figures, now));
        NextAt = NextBeat(now, !isGood || now >= _trialEnds ? AgentLimits.FiguresPeriod
            : _isIdle ? AgentLimits.FiguresPeriodIdle : AgentLimits.FiguresPeriodOnTrial);
        if (Open is { } open && (HasStopped || (isGood && now - _opened >= length)))
        {
            open.IsClosed = true;
            Open = null;
        }
        else if (Open is not null)
        {
            NextAt = isGood && _opened + length < NextAt ? _opened + length : NextAt;
            return null;
        }

        if (!isGood || HasStopped)
        {
            return null;
        }

        bool isFirst = _base is null;
        (_base, _opened) = (figures, now);
        Open = new KeptWindow(new FigureWindow
        {
            Instance = Id,
            Release = Release,
            FromMs = fromMs,
            Restarts = Restarts,
        });
        if (isFirst)
        {
            Weigh(Open, figures!); // isGood.
        }

        NextAt = now + length < NextAt ? now + length : NextAt;
        return Open;
    }

    /// <summary>Instances are asked on one beat: the loop wakes once for all of them.</summary>
    private static TimeSpan NextBeat(TimeSpan now, TimeSpan period) =>
        TimeSpan.FromTicks((now + period).Ticks / period.Ticks * period.Ticks);

    private bool Grow(InstanceFigures figures, TimeSpan now)
    {
        InstanceFigures from = _base!; // Set where a window opens.
        KeptWindow open = Open!; // The caller looked.
        long requests = figures.Requests - from.Requests;
        long failures = figures.Failures - from.Failures;
        if (failures < 0 || requests < failures || requests < open.Window.Requests)
        {
            return false;
        }

        _isIdle = requests == open.Window.Requests;
        LatencySketch latency = requests == open.Window.Requests
            ? open.Window.Latency
            : figures.Latency.Since(from.Latency);
        if (latency.Total > requests - failures)
        {
            return false;
        }

        open.Window = open.Window with
        {
            ForMs = Math.Min((long)(now - _opened).TotalMilliseconds, FiguresFormat.ForMsMax),
            Requests = requests,
            Failures = failures,
            Latency = latency,
            Values = requests == open.Window.Requests ? open.Window.Values : figures.Values.Since(from.Values),
        };
        Weigh(open, figures);
        return true;
    }

    /// <summary>Counts a reading of the memory and of the temperature, where there was one.</summary>
    private static void Weigh(KeptWindow open, InstanceFigures figures)
    {
        FigureWindow window = open.Window;
        bool hasMemory = figures.MemoryBytes > 0;
        bool hasHeat = figures.HeatMilliCelsius != InstanceFigures.NoHeat;
        long memory = Math.Min(figures.MemoryBytes, FiguresFormat.MemoryBytesMax);
        open.Window = window with
        {
            Readings = More(window.Readings, hasMemory),
            MemoryLowBytes = !hasMemory ? window.MemoryLowBytes
                : window.Readings == 0 ? memory : Math.Min(memory, window.MemoryLowBytes),
            HeatReadings = More(window.HeatReadings, hasHeat),
            HeatLowMilliCelsius = !hasHeat ? window.HeatLowMilliCelsius
                : window.HeatReadings == 0 ? figures.HeatMilliCelsius
                : Math.Min(figures.HeatMilliCelsius, window.HeatLowMilliCelsius),
            GoldenSamples = figures.GoldenSamples,
            GoldenAgreed = figures.GoldenAgreed,
        };
    }

    private static int More(int readings, bool isOneMore) =>
        isOneMore ? Math.Min(readings + 1, FiguresFormat.CountMax) : readings;
}
