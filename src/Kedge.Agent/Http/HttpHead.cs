using System.Globalization;

namespace Kedge.Agent.Http;

/// <summary>Status and headers of an answer. Never compared.</summary>
/// <param name="Status">200..599.</param>
/// <param name="Headers">By name, whatever its case; the last of several with one name.</param>
internal sealed record HttpHead(int Status, Dictionary<string, string> Headers)
{
    /// <summary>What a header says; empty where it is not there.</summary>
    internal string this[string name] => Headers.GetValueOrDefault(name, "");

    /// <summary>Length of the body in bytes; null where it is not said or no number.</summary>
    internal long? BodyBytes =>
        long.TryParse(this["content-length"], NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            ? length
            : null;

    /// <summary>True when the connection ends after this answer.</summary>
    internal bool IsLast => this["connection"].Contains("close", StringComparison.OrdinalIgnoreCase);

    /// <summary>What <c>Retry-After</c> asks for, an hour at most; zero when it is not there.</summary>
    internal TimeSpan RetryAfter =>
        int.TryParse(this["retry-after"], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, 3600))
            : TimeSpan.Zero;

    /// <summary>
    /// First byte and length of the whole as <c>Content-Range</c> says (RFC 9110 §14.4); null where it is not there or
    /// does not fit the body.
    /// </summary>
    internal (long From, long Total)? Range
    {
        get
        {
            string range = this["content-range"];
            int dash = range.IndexOf('-');
            int slash = range.IndexOf('/');
            return range.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase) && dash > 6 && slash > dash
                && TryNumber(range[6..dash], out long from) && TryNumber(range[(dash + 1)..slash], out long last)
                && TryNumber(range[(slash + 1)..], out long total)
                && from <= last && last < total && BodyBytes == last - from + 1
                    ? (from, total)
                    : null;
        }
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
