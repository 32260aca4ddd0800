using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>Times of day as people write them: <c>00:00</c> to <c>24:00</c>.</summary>
public static class TimeText
{
    /// <summary>Reads a time of day, in minutes since midnight.</summary>
    public static bool TryParse(string text, out int minute)
    {
        minute = 0;
        if (text.Length != 5 || text[2] != ':'
            || !int.TryParse(text.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int hours)
            || !int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int minutes))
        {
            return false;
        }

        minute = (hours * 60) + minutes;
        return minutes < 60 && minute <= 24 * 60;
    }

    /// <summary>The text that reads back as the same time.</summary>
    public static string Format(int minute) =>
        string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");
}
