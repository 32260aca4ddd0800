using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Measure;

namespace Kedge.Core.Rollouts.Gates;

/// <summary>
/// Judges a new revision by live figures.
/// <para>Problem: figures scatter, load changes by the hour, hardware differs; and a gate looks every second. A single
/// reading, or a test that is meant for one look, condemns good releases.</para>
/// <para>Approach: bounds that hold at every look at once (<see cref="ProportionBounds"/>). A limit is broken when even
/// the most favourable figures that are still believable are beyond it. A comparison is broken when the new revision is
/// worse than both the old one on the same devices before, and the devices that still have the old one now: a busy hour
/// makes it worse than the first alone, unlike hardware than the second alone. A quantile is above a value when the
/// share of answers up to that value is, beyond doubt, below the quantile; that needs no assumption on how times are
/// spread (Howard, Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
/// identification", Bernoulli 28(3), 2022, §2).</para>
/// <para>Invariant: a release that keeps a limit is condemned by it with a probability of at most
/// <see cref="FalseAlarmMax"/> per rollout, where its requests are alike and independent. Half of that is for all that
/// it ever answered, which finds what is a little worse for long; stretch k takes 6/(pi k)^2 of the other half, which
/// over all stretches comes to one, and finds what turns bad late.</para>
/// </summary>
public static class HealthGate
{
    /// <summary>Probability that one limit ever condemns a release that keeps it.</summary>
    public const double FalseAlarmMax = 0.001;

    private const int DevicesNamedMax = 3;

    /// <summary>
    /// What each gate on requests says, in the order of the manifest; empty while nobody has the target.
    /// </summary>
    /// <param name="gates">The gates.</param>
    /// <param name="members">Devices that the rollout may reach, names unique.</param>
    /// <param name="target">The revision on trial.</param>
    /// <param name="startedAtMs">When the rollout began or was resumed, Unix ms.</param>
    public static ImmutableArray<GateReading> Read(
        GatesSpec gates, IReadOnlyList<RolloutMember> members, long target, long startedAtMs)
    {
        if ((gates.Errors is null && gates.Latency.IsEmpty) || !members.Any(m => m.Held == target))
        {
            return [];
        }

        TrialFigures figures = TrialFigures.Of(members, target, startedAtMs, gates.Window);
        return
        [
            .. gates.Errors is { } errors ? [Read("errors", errors.MinRequests, Breach(errors, figures), figures)]
                : Array.Empty<GateReading>(),
            .. gates.Latency.Select(
                l => Read(Name(l), l.MinRequests, Breach(l, figures), figures)),
        ];
    }

    private static string Name(LatencyGate gate) => gate.QuantilePermille % 10 == 0
        ? string.Create(CultureInfo.InvariantCulture, $"latency p{gate.QuantilePermille / 10}")
        : string.Create(CultureInfo.InvariantCulture, $"latency p{gate.QuantilePermille}");

    private static GateReading Read(string gate, long minRequests, string? breach, TrialFigures figures)
    {
        if (breach is not null)
        {
            return new GateReading(gate, GateStanding.Failed, breach);
        }

        string seen = string.Create(CultureInfo.InvariantCulture, $"{figures.Whole.Requests:N0} requests");
        return figures.Whole.Requests < minRequests
            ? new GateReading(gate, GateStanding.Waiting, string.Create(
                CultureInfo.InvariantCulture, $"{seen} of at least {minRequests:N0}"))
            : new GateReading(gate, GateStanding.Passing, $"nothing against it in {seen}");
    }

    private static string? Breach(ErrorGate gate, TrialFigures figures)
    {
        foreach ((FigureSum trial, double alpha) in Looks(figures))
        {
            if (gate.MaxPpm is { } max)
            {
                double least = ProportionBounds.Lower(trial.Failures, trial.Requests, alpha);
                if (least > max / 1e6)
                {
                    return $"at least {Share(least)} of the answers are errors {Where(trial)}, "
                        + $"{Share(max / 1e6)} may be";
                }
            }

            if (gate.MaxIncreasePpm is { } increase && Bases(figures, gate.MinRequests) is { Length: > 0 } bases)
            {
                double least = ProportionBounds.Lower(trial.Failures, trial.Requests, alpha / 2);
                double most = bases.Max(b => ProportionBounds.Upper(b.Sum.Failures, b.Sum.Requests, alpha / 2));
                if (least > most + (increase / 1e6))
                {
                    return $"at least {Share(least)} of the answers are errors {Where(trial)}, "
                        + string.Join(" and ", bases.Select(
                            b => $"{Share((double)b.Sum.Failures / b.Sum.Requests)} {b.Words}"))
                        + $"; {Share(increase / 1e6)} more may be";
                }
            }
        }

        return null;
    }

    private static string? Breach(LatencyGate gate, TrialFigures figures)
    {
        double quantile = gate.QuantilePermille / 1000.0;
        foreach ((FigureSum trial, double alpha) in Looks(figures))
        {
            if (gate.MaxMicroseconds is { } max)
            {
                double least = AtLeast(trial.Latency, quantile, alpha);
                if (least > max)
                {
                    return $"at least {Time(least)} {Where(trial)}, {Time(max)} may be";
                }
            }

            if (gate.MaxRatioPermille is { } ratio && Bases(figures, gate.MinRequests) is { Length: > 0 } bases)
            {
                double least = AtLeast(trial.Latency, quantile, alpha / 2);
                double most = bases.Max(b => AtMost(b.Sum.Latency, quantile, alpha / 2));
                if (least > most * ratio / 1000)
                {
                    return $"at least {Time(least)} {Where(trial)}, "
                        + string.Join(" and ", bases.Select(
                            b => $"{Time(b.Sum.Latency.Quantile(quantile))} {b.Words}"))
                        + string.Create(CultureInfo.InvariantCulture, $"; {ratio / 1000.0:0.###} times as long may be");
                }
            }
        }

        return null;
    }

    /// <summary>What there is to compare with, where it is enough.</summary>
    private static (FigureSum Sum, string Words)[] Bases(TrialFigures figures, long minRequests)
    {
        (FigureSum Sum, string Words)[] all =
        [
            (figures.Before, "before on the same devices"),
            (figures.Unchanged, "now on devices that have not changed"),
        ];
        return [.. all.Where(b => b.Sum.Requests >= minRequests)];
    }

    /// <summary>
    /// No quantile below this is believable, in us: the largest edge up to which, beyond doubt, fewer answers came than
    /// the quantile says; 0 when nothing is sure.
    /// </summary>
    private static double AtLeast(LatencySketch sketch, double quantile, double alpha)
    {
        int low = -1; // Holds: sure to be above.
        int high = LatencySketch.Buckets - 1;
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            bool isAbove = ProportionBounds.Upper(sketch.UpTo(middle), sketch.Total, alpha) < quantile;
            (low, high) = isAbove ? (middle, high) : (low, middle);
        }

        return low < 0 ? 0 : LatencySketch.UpperEdge(low);
    }

    /// <summary>No quantile above this is believable, in us; infinite when nothing is sure.</summary>
    private static double AtMost(LatencySketch sketch, double quantile, double alpha)
    {
        int low = -1;
        int high = LatencySketch.Buckets - 1; // What is in the last bucket has no upper edge.
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            bool isBelow = ProportionBounds.Lower(sketch.UpTo(middle), sketch.Total, alpha) > quantile;
            (low, high) = isBelow ? (low, middle) : (middle, high);
        }

        return high == LatencySketch.Buckets - 1 ? double.PositiveInfinity : LatencySketch.UpperEdge(high);
    }

    /// <summary>What is judged, and with which probability of being wrong.</summary>
    private static IEnumerable<(FigureSum Trial, double Alpha)> Looks(TrialFigures figures)
    {
        const double Half = FalseAlarmMax / 2;
        yield return (figures.Whole, Half);
        foreach ((int stretch, FigureSum trial) in figures.Trial)
        {
            double k = stretch + 1;
            yield return (trial, Half * 6 / (Math.PI * Math.PI * k * k));
        }
    }

    private static string Where(FigureSum trial)
    {
        string named = string.Join(", ", trial.Devices.Take(DevicesNamedMax));
        int more = trial.Devices.Length - DevicesNamedMax;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"in {trial.Requests:N0} requests on {named}{(more > 0 ? $" and {more} more" : "")}");
    }

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###} %");

    private static string Time(double microseconds) => microseconds < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} us")
        : string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0.0} ms");
}
