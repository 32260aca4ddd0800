using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Simulation.Time;

namespace Kedge.Simulation.World;

/// <summary>
/// The requests that one device is asked, and what its instances count of them by virtual time. Answers are made when
/// somebody reads: between two readings nobody could tell.
/// </summary>
internal sealed class Traffic
{
    /// <summary>The median of a good release, in us.</summary>
    public const double MedianMicroseconds = 10_000;

    /// <summary>Times are spread log-normally, as those of real servers are.</summary>
    public const double Spread = 0.3;

    /// <summary>Share of errors that also a good release has.</summary>
    public const double ErrorsOfGood = 0.002;

    private const int AnswersPerReadingMax = 2_000;
    private const long MemoryBytes = 50L * Limits.MiB;
    private const long LeakBytesPerSecond = 5L * Limits.MiB;

    private static readonly double[] Times = SomeTimes();
    private readonly Dictionary<InstanceId, Counter> _counters = [];
    private readonly SimScheduler _scheduler;
    private readonly SimDevice _device;
    private readonly Severity _severity;
    private readonly Rng _rng;

    public Traffic(SimScheduler scheduler, SimDevice device, Rng rng, Severity severity)
    {
        (_scheduler, _device, _rng, _severity) = (scheduler, device, rng, severity);
        PerSecond = rng.Below(4) == 0 ? 0 : 5 + rng.Below(30);
    }

    /// <summary>Requests per second to each workload; 0 for a device that nobody asks.</summary>
    public int PerSecond { get; }

    /// <summary>How long one answer of a good release takes, in us.</summary>
    public static double DrawTime(Rng rng) => Times[rng.Below(Times.Length)];

    public InstanceFigures Read(InstanceId instance)
    {
        Behaviour behaviour = SimContent.Of(_device.Processes.ReleaseOf(instance).Models[0].Package).Behaviour;
        if (!_counters.TryGetValue(instance, out Counter? counter))
        {
            counter = new Counter(_scheduler.Now);
            _counters[instance] = counter;
        }

        double seconds = (_scheduler.Now - counter.CountedTo).TotalSeconds;
        counter.CountedTo = _scheduler.Now;
        counter.Owed += _device.Answers(instance) ? seconds * PerSecond : 0;
        int answers = (int)Math.Min(counter.Owed, AnswersPerReadingMax);
        counter.Owed -= answers;
        double errors = Errors(behaviour, _scheduler.Now - counter.From);
        double slower = behaviour == Behaviour.Slow ? _severity.SlowFactor : 1;
        for (int i = 0; i < answers; i++)
        {
            counter.Requests++;
            if (_rng.Fraction() < errors)
            {
                counter.Failures++;
            }
            else
            {
                counter.Latency[LatencySketch.BucketOf(DrawTime(_rng) * slower)]++;
            }
        }

        long leaked = behaviour == Behaviour.Leaks
            ? (long)((_scheduler.Now - counter.From).TotalSeconds * LeakBytesPerSecond)
            : 0;
        return new InstanceFigures(
            counter.Requests, counter.Failures, LatencySketch.Of(counter.Latency), MemoryBytes + leaked);
    }

    private double Errors(Behaviour behaviour, TimeSpan age)
    {
        bool isWrong = behaviour == Behaviour.Wrong
            || (behaviour == Behaviour.WrongLater && age > _severity.WrongAfter)
            || (behaviour == Behaviour.WrongOnOneKind && _device.IsOtherKind);
        return isWrong ? _severity.WrongShare : ErrorsOfGood;
    }

    /// <summary>Many times drawn once (Box and Muller, 1958): a world draws from them.</summary>
    private static double[] SomeTimes()
    {
        Rng rng = new(1);
        double[] times = new double[4096];
        for (int i = 0; i < times.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - rng.Fraction())) * Math.Cos(2 * Math.PI * rng.Fraction());
            times[i] = MedianMicroseconds * Math.Exp(normal * Spread);
        }

        return times;
    }

    private sealed class Counter(TimeSpan now)
    {
        public TimeSpan From { get; } = now;

        public TimeSpan CountedTo { get; set; } = now;

        public double Owed { get; set; }

        public long Requests { get; set; }

        public long Failures { get; set; }

        public long[] Latency { get; } = new long[LatencySketch.Buckets];
    }
}
