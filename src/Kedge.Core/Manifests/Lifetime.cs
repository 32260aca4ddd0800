using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>
/// Spans of time as people write them: <c>30s</c>, <c>15m</c>, <c>24h</c>, <c>7d</c>, or several as <c>1h30m</c>.
/// </summary>
public static class Lifetime
{
    private const int CharsMax = 24;

    /// <summary>Reads a span; false when the text is none, has no unit, or is longer than ten years.</summary>
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        if (text.Length is 0 or > CharsMax)
        {
            return false;
        }

        long seconds = 0;
        long number = -1;
        foreach (char c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                number = (Math.Max(number, 0) * 10) + (c - '0');
                if (number > 1_000_000_000)
                {
                    return false;
                }

                continue;
            }

            if (number < 0 || SecondsOf(c) is not long unit)
            {
                return false;
            }

            seconds += number * unit;
            number = -1;
        }

        if (number >= 0 || seconds > 3_660L * 86_400)
        {
            return false;
        }

        span = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>The shortest text that reads back as the same span, in whole seconds.</summary>
    public static string Format(TimeSpan span)
    {
        long seconds = (long)span.TotalSeconds;
        if (seconds == 0)
        {
            return "0s";
        }

        string text = "";
        foreach ((string unit, long size) in new[] { ("d", 86_400L), ("h", 3_600L), ("m", 60L), ("s", 1L) })
        {
            if (seconds >= size)
            {
                text += (seconds / size).ToString(CultureInfo.InvariantCulture) + unit;
                seconds %= size;
            }
        }

        return text;
    }

    private static long? SecondsOf(char unit) => unit switch
    {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => null,
    };
}
