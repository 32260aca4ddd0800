using System.Collections.Immutable;

namespace Kedge.Core.Measure;

/// <summary>
/// The figures of one workload on one device as the server keeps them: the newest windows of the newest releases, and
/// of each release one sum of its older windows, so that nothing that a release on trial answered is forgotten. Adding
/// is idempotent; a window that is told again after it went into the sum changes nothing.
/// </summary>
public static class FigureLog
{
    /// <summary>Windows that are kept of each release, beside the sum.</summary>
    public const int WindowsPerReleaseMax = 3;

    /// <summary>Releases of which windows are kept: the one on trial, the one before it, and one more.</summary>
    public const int ReleasesMax = 3;

    /// <summary>Adds windows that a device told.</summary>
    /// <param name="held">What is kept.</param>
    /// <param name="told">What came.</param>
    /// <param name="nowMs">Now by the server's clock, Unix ms.</param>
    /// <returns>What is kept from now on, newest last.</returns>
    public static ImmutableArray<FigureWindow> Add(
        ImmutableArray<FigureWindow> held, IEnumerable<FigureWindow> told, long nowMs)
    {
        List<FigureWindow> all = [.. held];
        foreach (FigureWindow window in told)
        {
            int index = all.FindIndex(
                w => w.Folded == 0 && w.Instance == window.Instance && w.FromMs == window.FromMs);
            if (index >= 0)
            {
                bool isNewer = window.Requests >= all[index].Requests && window.ForMs >= all[index].ForMs;
                all[index] = isNewer ? window with { HeardMs = all[index].HeardMs } : all[index];
            }
            else if (!all.Exists(w => w.Folded > 0 && w.Instance == window.Instance && w.FromMs >= window.FromMs))
            {
                all.Add(window with { HeardMs = nowMs, Folded = 0 });
            }
        }

        return
        [
            .. all.GroupBy(static w => w.Release)
                .OrderByDescending(static g => g.Max(static w => w.HeardMs)).ThenBy(static g => g.Key.ToString())
                .Take(ReleasesMax)
                .SelectMany(Kept)
                .OrderBy(static w => w.HeardMs).ThenBy(static w => w.FromMs)
                .ThenBy(static w => w.Instance.ToString(), StringComparer.Ordinal),
        ];
    }

    /// <summary>The newest windows of one release, and one sum of all that are older.</summary>
    private static IEnumerable<FigureWindow> Kept(IEnumerable<FigureWindow> ofRelease)
    {
        FigureWindow[] newestFirst =
        [
            .. ofRelease.OrderBy(static w => w.Folded > 0).ThenByDescending(static w => w.HeardMs)
                .ThenByDescending(static w => w.FromMs).ThenBy(static w => w.Instance.ToString()),
        ];
        int whole = Math.Min(WindowsPerReleaseMax, newestFirst.Count(static w => w.Folded == 0));
        FigureWindow[] older = newestFirst[whole..];
        return older.Length == 0 ? newestFirst : [.. newestFirst[..whole], Sum(older)];
    }

    private static FigureWindow Sum(FigureWindow[] newestFirst) => newestFirst.Length == 1 && newestFirst[0].Folded > 0
        ? newestFirst[0]
        : newestFirst[0] with
        {
            HeardMs = newestFirst.Min(static w => w.HeardMs),
            Folded = newestFirst.Sum(static w => Math.Max(1, w.Folded)),
            ForMs = newestFirst.Sum(static w => w.ForMs),
            Requests = newestFirst.Sum(static w => w.Requests),
            Failures = newestFirst.Sum(static w => w.Failures),
            Latency = LatencySketch.Merge(newestFirst.Select(static w => w.Latency)),
            Values = ValueTally.Merge(newestFirst.Select(static w => w.Values)),
            Restarts = newestFirst.Max(static w => w.Restarts),
            Readings = 0,
            MemoryLowBytes = 0,
            HeatReadings = 0,
            HeatLowMilliCelsius = 0,
            GoldenSamples = newestFirst.Max(static w => w.GoldenSamples),
            GoldenAgreed = newestFirst.MaxBy(static w => w.GoldenSamples)!.GoldenAgreed, // Not empty.
        };
}
