using System.Globalization;

namespace Kedge.Inference.Tracing;

/// <summary>The header <c>traceparent</c> of W3C Trace Context, level 1.</summary>
/// <param name="Trace">32 hexadecimal digits, not all 0.</param>
/// <param name="Span">16 hexadecimal digits, not all 0.</param>
/// <param name="IsSampled">True where whoever asked records the trace.</param>
public sealed record TraceParent(string Trace, string Span, bool IsSampled)
{
    private const int Length = 55;

    /// <summary>Reads a header; null for one that is broken, which counts as none (section 3.2).</summary>
    public static TraceParent? Parse(string? header)
    {
        if (header is null || header.Length < Length || header[2] != '-' || header[35] != '-' || header[52] != '-'
            || !IsHex(header.AsSpan(0, 2)) || !IsHex(header.AsSpan(3, 32))
            || !IsHex(header.AsSpan(36, 16)) || !IsHex(header.AsSpan(53, 2)))
        {
            return null;
        }

        // Version 00 has exactly these fields, a later one may have more behind a dash; ff is forbidden.
        bool isKnown = header.StartsWith("00", StringComparison.Ordinal)
            ? header.Length == Length
            : header.Length == Length || header[Length] == '-';
        string trace = header.Substring(3, 32);
        string span = header.Substring(36, 16);
        return isKnown && !header.StartsWith("ff", StringComparison.Ordinal)
            && trace.AsSpan().ContainsAnyExcept('0') && span.AsSpan().ContainsAnyExcept('0')
            ? new TraceParent(trace, span, (int.Parse(
                header.AsSpan(53, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 1) != 0)
            : null;
    }

    private static bool IsHex(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(Lower);

    private static readonly System.Buffers.SearchValues<char> Lower =
        System.Buffers.SearchValues.Create("0123456789abcdef");
}
