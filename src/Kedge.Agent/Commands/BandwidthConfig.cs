using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Manifests;

namespace Kedge.Agent.Commands;

/// <summary>How fast this device may fetch, as <c>agent.json</c> says it.</summary>
internal sealed record BandwidthConfig
{
    /// <summary>Bytes per second outside all windows, as <c>1Mi</c>; empty for no limit.</summary>
    public string Default { get; set; } = "";

    /// <summary>Other limits at times of the week.</summary>
    public BandwidthWindowConfig[] Windows { get; set; } = [];

    /// <summary>The rule, or what is wrong with it.</summary>
    internal BandwidthRule Rule(List<string> wrong)
    {
        ImmutableArray<BandwidthWindow>.Builder windows = ImmutableArray.CreateBuilder<BandwidthWindow>();
        if (Windows.Length > MaintenanceWindow.CountMax)
        {
            wrong.Add($"bandwidth.windows has at most {MaintenanceWindow.CountMax} entries");
        }

        for (int index = 0; index < Math.Min(Windows.Length, MaintenanceWindow.CountMax); index++)
        {
            if (Windows[index]?.Window($"bandwidth.windows[{index}]", wrong) is { } window)
            {
                windows.Add(window);
            }
        }

        return new BandwidthRule(Limit(Default, "bandwidth.default", wrong), windows.ToImmutable());
    }

    /// <summary>Bytes per second; 0 for an empty text.</summary>
    internal static long Limit(string? text, string field, List<string> wrong)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        if (Quantity.TryParseBytes(text, out long bytes) && bytes >= Limits.FetchBytesPerSecondMin)
        {
            return bytes;
        }

        wrong.Add($"{field} must be {Limits.FetchBytesPerSecondMin} bytes per second or more, as \"1Mi\"");
        return 0;
    }
}

/// <summary>A limit for a time of the week, as <c>agent.json</c> says it.</summary>
internal sealed record BandwidthWindowConfig
{
    private static readonly string[] DayWords = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>Days on which it begins, as <c>mon</c>; every day when nothing is said.</summary>
    public string[] Days { get; set; } = [];

    /// <summary>When it begins, local time, as <c>22:00</c>.</summary>
    public string From { get; set; } = "";

    /// <summary>When it ends; on the next day when that is not after the beginning.</summary>
    public string To { get; set; } = "";

    /// <summary>Bytes per second, as <c>4Mi</c>; empty for no limit.</summary>
    public string Limit { get; set; } = "";

    internal BandwidthWindow? Window(string field, List<string> wrong)
    {
        int days = 0;
        foreach (string word in Days ?? [])
        {
            int day = Array.IndexOf(DayWords, word);
            if (day < 0)
            {
                wrong.Add($"{field}.days has words as {string.Join(' ', DayWords)}");
                return null;
            }

            days |= 1 << day;
        }

        long limit = BandwidthConfig.Limit(Limit, $"{field}.limit", wrong);
        bool isTime = TimeText.TryParse(From ?? "", out int from) & TimeText.TryParse(To ?? "", out int to);
        days = days == 0 ? MaintenanceWindow.EveryDay : days;
        if (!isTime || !MaintenanceWindow.IsValid(days, from, to))
        {
            wrong.Add($"{field} needs from and to, two different times as \"22:00\"");
            return null;
        }

        return new BandwidthWindow(new MaintenanceWindow(days, from, to), limit);
    }
}
