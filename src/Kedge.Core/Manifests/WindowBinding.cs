using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;

namespace Kedge.Core.Manifests;

/// <summary>Checks maintenance windows, makes them of a strategy that was checked, and writes them as fields.</summary>
internal static class WindowBinding
{
    public static void Check(ManifestFields strategy, FindingList findings) => Check(
        strategy.Items("maintenance", "windows"),
        new Place("spec.strategy.maintenance.windows", SpecErrors.Strategy),
        findings);

    /// <summary>Checks windows that stand at a place.</summary>
    public static void Check(IEnumerable<ManifestFields> windows, Place place, FindingList findings)
    {
        int index = 0;
        foreach (ManifestFields window in windows)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{place.Path}[{index++}]");
            if (TimeText.TryParse(window.Text("from"), out int from) && TimeText.TryParse(window.Text("to"), out int to)
                && from == to)
            {
                findings.Add(
                    place.Code,
                    $"a window from {TimeText.Format(from)} to {TimeText.Format(to)} never opens; a whole day is "
                    + "from \"00:00\" to \"24:00\"",
                    $"{path}.to",
                    window.At("to").Line);
            }

            HashSet<string> days = new(StringComparer.Ordinal);
            foreach (ManifestFields day in window.Items("days"))
            {
                if (!days.Add(day.Text()))
                {
                    findings.Add(
                        SpecErrors.DuplicateValue, $"{ScalarWords.Shown(day.Text())} is listed twice", $"{path}.days",
                        day.Line);
                }
            }
        }
    }

    public static ImmutableArray<MaintenanceWindow> Bind(ManifestFields strategy) =>
        [.. strategy.Items("maintenance", "windows").Select(Window).OfType<MaintenanceWindow>()];

    /// <summary>Null without a window.</summary>
    public static ManifestNode? Write(ImmutableArray<MaintenanceWindow> windows) => windows.IsEmpty
        ? null
        : ManifestWriter.Map(("windows", new ManifestNode.Sequence([.. windows.Select(window =>
            (ManifestNode)Write(window))])));

    /// <summary>One window.</summary>
    public static ManifestNode.Mapping Write(MaintenanceWindow window) => ManifestWriter.Map(
        ("days", window.Days == MaintenanceWindow.EveryDay ? null : Days(window.Days)),
        ("from", ManifestWriter.Text(TimeText.Format(window.FromMinute))),
        ("to", ManifestWriter.Text(TimeText.Format(window.ToMinute))));

    /// <summary>From Monday to Sunday.</summary>
    private static ManifestNode.Sequence Days(int days) => new([.. Enumerable.Range(1, WindowFields.Days.Length)
        .Select(static day => day % WindowFields.Days.Length)
        .Where(day => (days & (1 << day)) != 0)
        .Select(static day => ManifestWriter.Text(WindowFields.Days[day]))]);

    /// <summary>The window that fields say; null when they are none.</summary>
    public static MaintenanceWindow? Window(ManifestFields window)
    {
        int days = window.Items("days").Aggregate(
            0, (all, day) => Array.IndexOf(WindowFields.Days, day.Text()) is >= 0 and int bit ? all | (1 << bit) : all);
        days = window.At("days").IsThere ? days : MaintenanceWindow.EveryDay;
        return TimeText.TryParse(window.Text("from"), out int from) && TimeText.TryParse(window.Text("to"), out int to)
            && MaintenanceWindow.IsValid(days, from, to)
            ? new MaintenanceWindow(days, from, to)
            : null;
    }

    /// <summary>Where windows stand and under which code they are refused.</summary>
    public sealed record Place(string Path, ErrorCode Code);
}
