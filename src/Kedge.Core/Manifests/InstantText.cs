using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>Points in time as people write them: <c>2027-06-01T00:00:00Z</c> (RFC 3339), to the second.</summary>
public static class InstantText
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Reads a point in time, Unix milliseconds UTC.</summary>
    public static bool TryParse(string text, out long ms)
    {
        bool read = DateTimeOffset.TryParseExact(
            text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant);
        ms = read ? instant.ToUnixTimeMilliseconds() : 0;
        return read && ms > 0;
    }

    /// <summary>The text that reads back as the same second.</summary>
    public static string Of(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString(Format, CultureInfo.InvariantCulture);
}
