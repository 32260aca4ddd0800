using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Bytes that never change, in one form, as RFC 9110 sends them: a strong validator for exactly these bytes,
/// preconditions (§13), and one range of them (§14). A range counts in the bytes of this form, so a device goes on
/// where it broke off only while <c>If-Range</c> names the same form. Several ranges, other units and what cannot be
/// read get the whole, as §14.2 allows.
/// </summary>
/// <param name="Tag">The strong entity tag, with its quotes.</param>
/// <param name="ContentType">Media type of the plain form.</param>
/// <param name="Coding">Content coding; empty for none.</param>
/// <param name="Bytes">Length of this form, in bytes, 1 or more.</param>
internal sealed record Representation(string Tag, string ContentType, string Coding, long Bytes)
{
    private const int RangeCharsMax = 128;
    private const string Forever = "private, max-age=31536000, immutable";

    /// <summary>True when there are other forms under the same address.</summary>
    public bool Varies { get; init; }

    /// <summary>Answers a call with it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="send">Writes a part of it to the body: first byte and how many.</param>
    /// <returns>Bytes that were sent.</returns>
    public async Task<long> SendAsync(Call call, Func<long, long, Task> send)
    {
        HttpRequest request = call.Http.Request;
        HttpResponse response = call.Http.Response;
        SetHeaders(response);
        if (request.Headers.IfMatch is { Count: > 0 } match && !Names(match))
        {
            throw new CallRefused(412, ApiErrors.OtherRepresentation.At($"it is {Tag}", "If-Match"));
        }

        if (request.Headers.IfNoneMatch is { Count: > 0 } none && Names(none))
        {
            response.Headers.CacheControl = Forever;
            response.StatusCode = 304;
            return 0;
        }

        (long first, long count) = Part(request, response);
        response.Headers.CacheControl = Forever;
        response.ContentType = ContentType;
        response.ContentLength = count;
        if (Coding.Length > 0)
        {
            response.Headers.ContentEncoding = Coding;
        }

        await send(first, count).ConfigureAwait(false);
        return count;
    }

    private void SetHeaders(HttpResponse response)
    {
        response.Headers.ETag = Tag;
        response.Headers.AcceptRanges = "bytes";
        if (Varies)
        {
            response.Headers.Vary = "Accept-Encoding";
        }
    }

    /// <summary>True when a list of entity tags holds this one; a weak tag never does where bytes matter.</summary>
    private bool Names(StringValues header) =>
        header.Any(h => h is not null && h.Split(',').Any(t => t.Trim() == Tag || t.Trim() == "*"));

    private (long First, long Count) Part(HttpRequest request, HttpResponse response)
    {
        RangeItemHeaderValue? range = RangeOf(request);
        if (range is null)
        {
            return (0, Bytes);
        }

        long first = range.From ?? Math.Max(0, Bytes - (range.To ?? 0));
        long last = range.From is null ? Bytes - 1 : Math.Min(range.To ?? (Bytes - 1), Bytes - 1);
        if (first > last)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{Bytes}");
            throw new CallRefused(416, ApiErrors.Parameter.At($"there are {Bytes} bytes", "Range"));
        }

        response.StatusCode = 206;
        response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{Bytes}");
        return (first, last - first + 1);
    }

    /// <summary>The one range that is asked for and may be given; null for the whole.</summary>
    private RangeItemHeaderValue? RangeOf(HttpRequest request)
    {
        StringValues header = request.Headers.Range;
        StringValues ifRange = request.Headers.IfRange;
        bool isSame = ifRange.Count == 0 || (ifRange.Count == 1 && ifRange[0]?.Trim() == Tag);
        return isSame && header.Count == 1 && header[0] is { Length: <= RangeCharsMax } text
            && RangeHeaderValue.TryParse(text, out RangeHeaderValue? range)
            && range.Unit == "bytes" && range.Ranges.Count == 1
            ? range.Ranges.First()
            : null;
    }
}
