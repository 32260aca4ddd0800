using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Agent.Neighbours;

/// <summary>What another device asks for.</summary>
[Closed]
internal abstract record PeerRequest
{
    private const string Offers = "/v1/offers/";
    private const string Packages = "/v1/packages/";
    private const string Chunks = "/v1/chunks/";

    private PeerRequest()
    {
    }

    /// <summary>What it could give of a file or of a package's envelope.</summary>
    internal sealed record Offer(Digest What) : PeerRequest;

    /// <summary>The envelope of a package.</summary>
    internal sealed record Envelope(Digest Package) : PeerRequest;

    /// <summary>A chunk, which is asked for by its digest and where it stands.</summary>
    internal sealed record Content(Digest File, ChunkRef Chunk, long At) : PeerRequest;

    /// <summary>The path of a question for an offer.</summary>
    internal static string OfferPath(Digest what) => $"{Offers}{what}";

    /// <summary>The path of an envelope.</summary>
    internal static string EnvelopePath(Digest package) => $"{Packages}{package}";

    /// <summary>The path of a chunk.</summary>
    internal static string ChunkPath(Digest file, ChunkRef chunk, long at) => string.Create(
        CultureInfo.InvariantCulture, $"{Chunks}{chunk.Digest}?file={file}&at={at}&bytes={chunk.Bytes}");

    /// <summary>
    /// Reads the head of a request, without its empty line; null when it is none of those above. No body comes with
    /// them, so that one that says it has one is refused.
    /// </summary>
    internal static PeerRequest? TryRead(ReadOnlySpan<byte> head)
    {
        string[] lines = Encoding.Latin1.GetString(head).Split("\r\n");
        string[] words = lines[0].Split(' ');
        bool hasBody = lines.Skip(1).Any(static l =>
            l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)
            || l.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase));
        return words is ["GET", var path, "HTTP/1.1"] && !hasBody ? OfPath(path) : null;
    }

    private static PeerRequest? OfPath(string path)
    {
        if (Rest(path, Offers) is { } offer)
        {
            return Digest.TryParse(offer, out Digest what) ? new Offer(what) : null;
        }

        if (Rest(path, Packages) is { } envelope)
        {
            return Digest.TryParse(envelope, out Digest package) ? new Envelope(package) : null;
        }

        return Rest(path, Chunks) is { } chunk ? OfChunk(chunk) : null;
    }

    private static Content? OfChunk(string text)
    {
        string[] parts = text.Split('?', '&');
        return parts.Length == 4
            && Digest.TryParse(parts[0], out Digest digest)
            && Rest(parts[1], "file=") is { } named && Digest.TryParse(named, out Digest file)
            && Rest(parts[2], "at=") is { } from && TryNumber(from, ModelLimits.FileBytesMax, out long at)
            && Rest(parts[3], "bytes=") is { } count && TryNumber(count, ModelLimits.ChunkBytesMax, out long bytes)
            && bytes > 0
            ? new Content(file, new ChunkRef(digest, (int)bytes), at)
            : null;
    }

    private static bool TryNumber(string text, long max, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;

    private static string? Rest(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}
