using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Simulation.World;

/// <summary>
/// Whether what devices told speaks so clearly against a release that its gates must have seen it. It is another
/// reckoning than that of the gates: all answers in one sum, held by their likelihood (Chernoff) against the limit.
/// What is convex in the share is no larger in the sum than in its parts, so that so many times the evidence of one
/// stretch in the sum of all stretches is enough evidence in one of them.
/// </summary>
internal sealed class GateEvidence(StrategySpec strategy, long startedAtMs, bool isOldGood)
{
    /// <summary>
    /// Logarithm of how much less likely the limit is than what was seen: that of the probability that a gate may be
    /// wrong in its hundredth stretch, and of what the gate gives up for looking again and again.
    /// </summary>
    private const double EnoughOfStretch = 26;

    /// <summary>Answers of the old release above which a comparison knows it to within the room left here.</summary>
    private const long AnswersOfOld = 2_000;

    private readonly GatesSpec _gates = strategy.Gates;
    private readonly List<FigureWindow> _trial = [];
    private long _before;
    private long _unchanged;
    private int _heavy;
    private int _restarted;

    /// <summary>Adds what one device told.</summary>
    public void Add(ImmutableArray<FigureWindow> told, Digest release, bool isExposed)
    {
        if (!isExposed)
        {
            _unchanged += told.Where(w => w.Release == release
                && w.HeardMs >= startedAtMs - (long)_gates.Window.TotalMilliseconds).Sum(w => w.Requests);
            return;
        }

        FigureWindow[] trial = [.. told.Where(w => w.Release == release)];
        _trial.AddRange(trial);
        Digest? old = told.LastOrDefault(w => w.Release != release)?.Release;
        _before += told.Where(w => w.Release == old).Sum(w => w.Requests);
        _heavy += trial.Any(w => w.Readings >= DeviceGate.ReadingsMin
            && w.ForMs >= _gates.Window.TotalMilliseconds && w.MemoryLowBytes > _gates.Memory?.MaxBytes) ? 1 : 0;

        // Each window tells how often since the release began to serve.
        _restarted += trial.Select(static w => w.Restarts).DefaultIfEmpty().Max() > _gates.MaxRestarts ? 1 : 0;
    }

    /// <summary>The gate that must have been broken; null for none.</summary>
    public string? Broken()
    {
        if (_heavy > strategy.MaxFailures)
        {
            return $"{_heavy} devices hold too much memory";
        }

        if (_restarted > strategy.MaxFailures)
        {
            return $"{_restarted} devices restarted it too often";
        }

        long answers = _trial.Sum(w => w.Requests);
        long failures = _trial.Sum(w => w.Failures);
        if (_gates.Errors is { } errors)
        {
            double limit = errors.MaxPpm is { } max ? max / 1e6 : 1;
            limit = errors.MaxIncreasePpm is { } more && IsOldKnown(errors.MinRequests)
                ? Math.Min(limit, (more / 1e6) + 0.03)
                : limit;
            if (IsClear(failures, answers, limit))
            {
                return $"{failures} of {answers} answers are errors";
            }
        }

        LatencySketch latency = LatencySketch.Merge(_trial.Select(w => w.Latency));
        foreach (LatencyGate gate in _gates.Latency)
        {
            double limit = gate.MaxMicroseconds ?? double.MaxValue;
            limit = gate.MaxRatioPermille is { } ratio && gate.QuantilePermille == 500 && IsOldKnown(gate.MinRequests)
                ? Math.Min(limit, ratio / 1000.0 * Traffic.MedianMicroseconds * 1.2)
                : limit;
            if (limit < double.MaxValue)
            {
                long above = latency.Total - latency.UpTo(LatencySketch.BucketOf(limit));
                if (IsClear(above, latency.Total, 1 - (gate.QuantilePermille / 1000.0)))
                {
                    return $"{above} of {latency.Total} answers take longer than {limit} us";
                }
            }
        }

        return null;
    }

    /// <summary>
    /// True when there is something to compare with, and none that is compared with is known too little.
    /// </summary>
    private bool IsOldKnown(long minRequests)
    {
        long[] compared = [.. new[] { _before, _unchanged }.Where(n => n >= minRequests)];
        return isOldGood && compared.Length > 0 && compared.All(static n => n >= AnswersOfOld);
    }

    private bool IsClear(long seen, long of, double limit)
    {
        double share = of == 0 ? 0 : (double)seen / of;
        if (share <= limit)
        {
            return false;
        }

        double rest = share == 1 ? 0 : (1 - share) * Math.Log((1 - share) / (1 - limit));
        double evidence = of * ((share * Math.Log(share / limit)) + rest);
        int stretches = _trial.Where(static w => w.Requests > 0)
            .Select(w => Math.Max(0, (w.HeardMs - startedAtMs) / (long)_gates.Window.TotalMilliseconds))
            .Distinct().Count();
        return evidence > EnoughOfStretch * stretches;
    }
}
