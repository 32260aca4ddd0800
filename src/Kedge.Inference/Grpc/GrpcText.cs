using System.Globalization;
using System.Text;

namespace Kedge.Inference.Grpc;

/// <summary>What gRPC writes into headers (gRPC over HTTP/2, Requests and Responses).</summary>
public static class GrpcText
{
    private const int TimeoutDigitsMax = 8;

    /// <summary>
    /// Reads <c>grpc-timeout</c>: up to eight digits and a unit, <c>H M S m u n</c>. False for anything else.
    /// </summary>
    /// <param name="text">The header's value.</param>
    /// <param name="timeout">At least a tick, since none at all would mean no limit; at most 11,400 years.</param>
    public static bool TryReadTimeout(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > TimeoutDigitsMax + 1
            || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return false;
        }

        long ticks = text[^1] switch
        {
            'H' => count * TimeSpan.TicksPerHour,
            'M' => count * TimeSpan.TicksPerMinute,
            'S' => count * TimeSpan.TicksPerSecond,
            'm' => count * TimeSpan.TicksPerMillisecond,
            'u' => count * TimeSpan.TicksPerMicrosecond,
            'n' => count / TimeSpan.NanosecondsPerTick,
            _ => -1,
        };
        timeout = TimeSpan.FromTicks(Math.Max(ticks, 1));
        return ticks >= 0;
    }

    /// <summary>
    /// Text as <c>grpc-message</c> carries it: printable ASCII as it is, but for the percent sign, and every other byte
    /// of its UTF-8 as <c>%XX</c>.
    /// </summary>
    public static string PercentEncode(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder encoded = new(text.Length + 16);
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
            {
                encoded.Append((char)value);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
            }
        }

        return encoded.ToString();
    }
}
