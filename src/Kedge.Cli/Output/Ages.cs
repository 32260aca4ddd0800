using System.Globalization;

namespace Kedge.Cli.Output;

/// <summary>Times in words for people.</summary>
public static class Ages
{
    /// <summary>
    /// How long ago as kubectl writes it: <c>7s</c>, <c>12m</c>, <c>3h20m</c>, <c>5d</c>; <c>never</c> below 0.
    /// </summary>
    public static string Ago(long milliseconds)
    {
        if (milliseconds < 0)
        {
            return "never";
        }

        TimeSpan span = TimeSpan.FromMilliseconds(milliseconds);
        return span switch
        {
            { TotalMinutes: < 2 } => Text(span.TotalSeconds, "s"),
            { TotalMinutes: < 60 } => Text(span.TotalMinutes, "m"),
            { TotalHours: < 10 } when span.Minutes > 0 => Text(span.TotalHours, "h") + Text(span.Minutes, "m"),
            { TotalHours: < 48 } => Text(span.TotalHours, "h"),
            _ => Text(span.TotalDays, "d"),
        };
    }

    /// <summary>How long before <paramref name="nowMs"/>; <c>never</c> for 0.</summary>
    public static string Since(long atMs, long nowMs) => atMs <= 0 ? "never" : Ago(Math.Max(0, nowMs - atMs));

    /// <summary>How long until a moment, or <c>ended</c>.</summary>
    public static string Until(long atMs, long nowMs)
    {
        const int RoundMs = 30_000;
        long left = atMs - nowMs;
        return left <= 0 ? "ended" : Ago(left > 20 * RoundMs ? left + RoundMs : left);
    }

    /// <summary>A moment in UTC: <c>2025-06-01 12:30:00Z</c>.</summary>
    public static string Moment(long atMs) => atMs <= 0
        ? "never"
        : DateTimeOffset.FromUnixTimeMilliseconds(atMs)
            .ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Bytes in the largest unit below them, with one digit: <c>1.4 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string number = unit == 0 ? "0" : "0.0";
        return value.ToString(number, CultureInfo.InvariantCulture) + " " + units[unit];
    }

    private static string Text(double value, string unit) =>
        ((long)value).ToString(CultureInfo.InvariantCulture) + unit;
}
