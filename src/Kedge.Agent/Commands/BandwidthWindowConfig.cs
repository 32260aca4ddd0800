using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Manifests;

namespace Kedge.Agent.Commands;

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
