using System.Diagnostics.CodeAnalysis;
using Kedge.Core.Sites;

namespace Kedge.ControlPlane.Content.Pace;

/// <summary>Looks up the clock of a site: a fixed distance from UTC, or a zone of this machine's tz database.</summary>
internal static class SiteZone
{
    /// <summary>The zone of a text that was checked; false when this machine does not know it.</summary>
    public static bool TryFind(string text, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        if (ZoneText.TryOffset(text, out TimeSpan offset))
        {
            zone = TimeZoneInfo.CreateCustomTimeZone(text, offset, text, text);
            return true;
        }

        zone = null;
        return ZoneText.IsName(text) && TimeZoneInfo.TryFindSystemTimeZoneById(text, out zone);
    }
}
