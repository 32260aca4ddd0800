using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>Amounts as Kubernetes writes them: memory as <c>64Mi</c>, <c>4Gi</c>, <c>500M</c> or plain bytes; CPU as
/// <c>500m</c>, <c>2</c> or <c>0.5</c>. Digits behind the point count as far as they are whole bytes or
/// thousandths.</summary>
public static class Quantity
{
    private const int CharsMax = 32;

    private static readonly (string Suffix, long Factor)[] MemoryUnits =
    [
        ("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10),
        ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000),
    ];

    private static readonly (string Suffix, long Factor)[] TimeUnits = [("us", 1), ("ms", 1_000), ("s", 1_000_000)];

    /// <summary>
    /// Reads memory in bytes; false when the text is none, is negative, is no whole number of bytes or does not fit.
    /// </summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        foreach ((string suffix, long factor) in MemoryUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                return TryScale(text[..^suffix.Length], factor, out bytes);
            }
        }

        return TryScale(text, 1, out bytes);
    }

    /// <summary>Reads CPU in thousandths of a core; false when the text is none, is negative, is finer than a
    /// thousandth or does
    /// not fit.</summary>
    public static bool TryParseMilli(string text, out int milli)
    {
        milli = 0;
        bool isMilli = text.EndsWith('m');
        if (!TryScale(isMilli ? text[..^1] : text, isMilli ? 1 : 1_000, out long value) || value > int.MaxValue)
        {
            return false;
        }

        milli = (int)value;
        return true;
    }

    /// <summary>Reads a number of 0 or above, as <c>0.02</c> or <c>1e-5</c>; false for anything else.</summary>
    public static bool TryParseDecimal(string text, out double value)
    {
        value = 0;
        return text.Length <= CharsMax
            && double.TryParse(
                text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out value)
            && double.IsFinite(value) && value >= 0;
    }

    /// <summary>Reads a share in millionths: <c>0.5%</c> is 5,000; false when it is none or finer than that.</summary>
    public static bool TryParseShare(string text, out int ppm)
    {
        ppm = 0;
        if (!text.EndsWith('%') || !TryScale(text[..^1], 10_000, out long value) || value > int.MaxValue)
        {
            return false;
        }

        ppm = (int)value;
        return true;
    }

    /// <summary>A share in percent, as <c>0.5%</c>.</summary>
    public static string FormatShare(int ppm) =>
        string.Create(CultureInfo.InvariantCulture, $"{ppm / 10_000m:0.####}%");

    /// <summary>
    /// Reads a ratio in thousandths: <c>1.5</c> is 1,500; false when it is none or finer than that.
    /// </summary>
    public static bool TryParseRatio(string text, out int permille)
    {
        permille = 0;
        if (!TryScale(text, 1_000, out long value) || value > int.MaxValue)
        {
            return false;
        }

        permille = (int)value;
        return true;
    }

    /// <summary>A ratio, as <c>1.5</c>.</summary>
    public static string FormatRatio(int permille) =>
        string.Create(CultureInfo.InvariantCulture, $"{permille / 1_000m:0.###}");

    /// <summary>Reads a short time in microseconds, as <c>250us</c>, <c>50ms</c> or <c>1.5s</c>.</summary>
    public static bool TryParseMicroseconds(string text, out long microseconds)
    {
        foreach ((string suffix, long factor) in TimeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                return TryScale(text[..^suffix.Length], factor, out microseconds);
            }
        }

        microseconds = 0;
        return false;
    }

    /// <summary>A short time in the largest unit that is exact: <c>50ms</c>.</summary>
    public static string FormatMicroseconds(long microseconds) => microseconds switch
    {
        > 0 when microseconds % 1_000_000 == 0 =>
            string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000}s"),
        > 0 when microseconds % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000}ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds}us"),
    };

    /// <summary>Memory in the largest binary unit that is exact: <c>64Mi</c>; plain bytes otherwise.</summary>
    public static string FormatBytes(long bytes)
    {
        foreach ((string suffix, long factor) in MemoryUnits.AsSpan(0, 4))
        {
            if (bytes >= factor && bytes % factor == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / factor}{suffix}");
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>CPU in whole cores where that is exact, else in thousandths: <c>2</c>, <c>500m</c>.</summary>
    public static string FormatMilli(int milli) => milli % 1_000 == 0
        ? (milli / 1_000).ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{milli}m");

    private static bool TryScale(string number, long factor, out long value)
    {
        value = 0;
        const NumberStyles Styles = NumberStyles.AllowDecimalPoint;
        if (number.Length is 0 or > CharsMax
            || !char.IsAsciiDigit(number[0])
            || !char.IsAsciiDigit(number[^1])
            || !decimal.TryParse(number, Styles, CultureInfo.InvariantCulture, out decimal amount)
            || amount > long.MaxValue / factor)
        {
            return false;
        }

        decimal scaled = amount * factor;
        value = (long)scaled;
        return scaled == value;
    }
}
