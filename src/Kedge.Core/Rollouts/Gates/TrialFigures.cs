using System.Collections.Immutable;
using Kedge.Core.Measure;

namespace Kedge.Core.Rollouts.Gates;

/// <summary>Figures of one side of a comparison, summed over devices and windows.</summary>
internal sealed record FigureSum(ImmutableArray<DeviceId> Devices, long Requests, long Failures, LatencySketch Latency)
{
    public static FigureSum Of(IEnumerable<(DeviceId Device, FigureWindow Window)> windows)
    {
        (DeviceId Device, FigureWindow Window)[] all = [.. windows.Where(static w => w.Window.Requests > 0)];
        return new FigureSum(
            [.. all.Select(static w => w.Device).Distinct().Order()],
            all.Sum(static w => w.Window.Requests),
            all.Sum(static w => w.Window.Failures),
            LatencySketch.Merge(all.Select(static w => w.Window.Latency)));
    }
}

/// <summary>
/// The figures of a rollout by the side that they stand for. Windows of the new release are grouped by when they were
/// first heard of, in stretches as long as a window: within one stretch figures only grow, and each stretch is a fresh
/// look that an early good time cannot dilute.
/// </summary>
internal sealed record TrialFigures
{
    /// <summary>The new release, by stretch from 0; stretches without a request are not there.</summary>
    public required ImmutableSortedDictionary<int, FigureSum> Trial { get; init; }

    /// <summary>The new release, all that it ever answered on these devices.</summary>
    public required FigureSum Whole { get; init; }

    /// <summary>The release before it, on the devices that have the new one.</summary>
    public required FigureSum Before { get; init; }

    /// <summary>What the other devices run, since about the beginning of the rollout.</summary>
    public required FigureSum Unchanged { get; init; }

    public static TrialFigures Of(
        IReadOnlyList<RolloutMember> members, long target, long startedAtMs, TimeSpan window)
    {
        long windowMs = (long)window.TotalMilliseconds;
        List<(DeviceId, FigureWindow)> whole = [];
        List<(DeviceId, FigureWindow)> trial = [];
        List<(DeviceId, FigureWindow)> before = [];
        List<(DeviceId, FigureWindow)> unchanged = [];
        foreach (RolloutMember member in members.Where(static m => !m.Figures.IsEmpty))
        {
            bool isExposed = member.Held == target;
            foreach (FigureWindow figures in member.Figures)
            {
                bool isHeld = figures.Release == member.Release;
                if (isExposed && isHeld)
                {
                    whole.Add((member.Device, figures));
                }

                if (figures.Folded > 0)
                {
                    continue; // Of another time than what it would be compared with.
                }

                if (isExposed && isHeld)
                {
                    trial.Add((member.Device, figures));
                }
                else if (isExposed && figures.Release == ReleaseBefore(member))
                {
                    before.Add((member.Device, figures));
                }
                else if (!isExposed && isHeld && figures.HeardMs >= startedAtMs - windowMs)
                {
                    unchanged.Add((member.Device, figures));
                }
            }
        }

        return new TrialFigures
        {
            Trial = trial
                .GroupBy(w => (int)Math.Clamp((w.Item2.HeardMs - startedAtMs) / windowMs, 0, int.MaxValue - 1))
                .Select(static g => (g.Key, Sum: FigureSum.Of(g)))
                .Where(static g => g.Sum.Requests > 0)
                .ToImmutableSortedDictionary(static g => g.Key, static g => g.Sum),
            Whole = FigureSum.Of(whole),
            Before = FigureSum.Of(before),
            Unchanged = FigureSum.Of(unchanged),
        };
    }

    /// <summary>The newest other release; figures are in order of age.</summary>
    private static Digest ReleaseBefore(RolloutMember member) =>
        member.Figures.LastOrDefault(w => w.Release != member.Release)?.Release ?? default;
}
