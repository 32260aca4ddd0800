using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Manifests;

namespace Kedge.Core.Sites;

/// <summary>Windows as people read them: <c>mon,tue 22:00-06:00 20Mi</c>.</summary>
public static class WindowText
{
    /// <summary>One window.</summary>
    public static string Of(BandwidthWindow window)
    {
        MaintenanceWindow time = window.Time;
        string days = time.Days == MaintenanceWindow.EveryDay
            ? "daily"
            : string.Join(',', Enumerable.Range(1, WindowFields.Days.Length)
                .Select(static day => day % WindowFields.Days.Length)
                .Where(day => (time.Days & (1 << day)) != 0)
                .Select(static day => WindowFields.Days[day]));
        string limit = window.BytesPerSecond == 0 ? "no limit" : Quantity.FormatBytes(window.BytesPerSecond);
        return $"{days} {TimeText.Format(time.FromMinute)}-{TimeText.Format(time.ToMinute)} {limit}";
    }
}
