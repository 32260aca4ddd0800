using Kedge.Zstd;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Kedge.ControlPlane.Http;

/// <summary>Content codings (RFC 9110 §8.4): what a caller takes, and what it sends.</summary>
internal static class Codings
{
    /// <summary>The one coding that is spoken here (RFC 8878).</summary>
    public const string Zstd = "zstd";

    private const int HeaderCharsMax = 1024;

    /// <summary>
    /// True when the caller takes zstd and does not like the plain form better (RFC 9110 §12.5.3). A header that cannot
    /// be read, or is longer than any honest one, asks for nothing.
    /// </summary>
    public static bool TakesZstd(HttpRequest request)
    {
        StringValues header = request.Headers.AcceptEncoding;
        if (!ZstdLibrary.IsPresent || header.Sum(h => h?.Length ?? 0) is 0 or > HeaderCharsMax
            || !StringWithQualityHeaderValue.TryParseList(
                [.. header.OfType<string>()], out IList<StringWithQualityHeaderValue>? taken))
        {
            return false;
        }

        double? any = QualityOf("*");
        double zstd = QualityOf(Zstd) ?? any ?? 0;
        return zstd > 0 && zstd >= (QualityOf("identity") ?? 0);

        double? QualityOf(string coding) =>
            taken.FirstOrDefault(t => t.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)) is { } found
                ? found.Quality ?? 1
                : null;
    }

    /// <summary>
    /// Whether the body of a call is coded by zstd; refuses any other coding with what is taken (415).
    /// </summary>
    public static bool IsZstdBody(Call call)
    {
        string coding = call.Http.Request.Headers.ContentEncoding.ToString();
        if (coding.Length == 0 || coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (ZstdLibrary.IsPresent && coding.Equals(Zstd, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        call.Http.Response.Headers.AcceptEncoding = ZstdLibrary.IsPresent ? Zstd : "identity";
        throw new CallRefused(415, ApiErrors.Coding.At($"'{Call.Shown(coding)}' is not taken", "Content-Encoding"));
    }
}
