using System.Collections.Immutable;

namespace Kedge.Core.Measure;

/// <summary>
/// The figures of one workload on one device as the server keeps them: the newest windows of the newest releases.
/// Adding is idempotent and does not depend on the order, up to what is forgotten for age.
/// </summary>
public static class FigureLog
{
    /// <summary>Windows that are kept of each release.</summary>
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
            int index = all.FindIndex(w => w.Instance == window.Instance && w.FromMs == window.FromMs);
            if (index < 0)
            {
                all.Add(window with { HeardMs = nowMs });
            }
            else if (window.Requests >= all[index].Requests && window.ForMs >= all[index].ForMs)
            {
                all[index] = window with { HeardMs = all[index].HeardMs };
            }
        }

        return
        [
            .. all.GroupBy(static w => w.Release)
                .OrderByDescending(static g => g.Max(static w => w.HeardMs)).ThenBy(static g => g.Key.ToString())
                .Take(ReleasesMax)
                .SelectMany(static g => g.OrderByDescending(static w => w.HeardMs)
                    .ThenByDescending(static w => w.FromMs).ThenBy(static w => w.Instance.ToString())
                    .Take(WindowsPerReleaseMax))
                .OrderBy(static w => w.HeardMs).ThenBy(static w => w.FromMs)
                .ThenBy(static w => w.Instance.ToString(), StringComparer.Ordinal),
        ];
    }
}
