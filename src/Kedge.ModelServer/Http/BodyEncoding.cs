using System.Globalization;
using System.IO.Compression;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Compressed bodies as Triton has them: <c>gzip</c>, and <c>deflate</c> in the zlib format of RFC 1950. What comes out
/// of a request is bounded like any other body, so that a small one cannot become large in memory.
/// </summary>
internal static class BodyEncoding
{
    /// <summary>What is read and written.</summary>
    internal const string Accepted = "gzip, deflate";

    /// <summary>An answer below does not become smaller on the wire: it fits a packet as it is.</summary>
    internal const int AnswerBytesMin = 1024;

    private const int FirstBytes = 16 * 1024;

    /// <summary>Unpacks a body in place of the packed one, which is released.</summary>
    /// <param name="body">The packed body.</param>
    /// <param name="encoding">The header <c>Content-Encoding</c>.</param>
    /// <param name="bytesMax">Bytes that may come out.</param>
    internal static Finding? Unpack(ref WholeBody body, string encoding, long bytesMax)
    {
        string name = encoding.Trim().ToLowerInvariant();
        if (name is "" or "identity")
        {
            return null;
        }

        if (name is not ("gzip" or "deflate"))
        {
            return InferErrors.EncodingUnsupported.At($"The body has Content-Encoding '{encoding}'.");
        }

        try
        {
            WholeBody? whole = Unpack(body.Bytes, isGzip: name == "gzip", bytesMax);
            if (whole is null)
            {
                return InferErrors.TooLarge.At(string.Create(
                    CultureInfo.InvariantCulture, $"A request may have {bytesMax} bytes when it is unpacked."));
            }

            body.Release();
            body = whole.Value;
            return null;
        }
        catch (InvalidDataException failure)
        {
            return InferErrors.EncodingBroken.At(failure.Message);
        }
    }

    /// <summary>
    /// What the client likes best of what is there (RFC 9110 12.5.3); null for the answer as it is. Only asked where
    /// the header is there, so that nobody else pays for it.
    /// </summary>
    internal static string? Choose(string accepted)
    {
        string? best = null;
        double bestWeight = 0;
        foreach (Range range in accepted.AsSpan().Split(','))
        {
            ReadOnlySpan<char> part = accepted.AsSpan(range).Trim();
            int end = part.IndexOf(';');
            ReadOnlySpan<char> name = (end < 0 ? part : part[..end]).Trim();
            double weight = end < 0 ? 1 : Weight(part[(end + 1)..]);
            string? known = name.Equals("gzip", StringComparison.OrdinalIgnoreCase) ? "gzip"
                : name.Equals("deflate", StringComparison.OrdinalIgnoreCase) ? "deflate"
                : null;
            if (known is not null && weight > bestWeight)
            {
                best = known;
                bestWeight = weight;
            }
        }

        return best;
    }

    /// <summary>Packs an answer.</summary>
    internal static ReadOnlyMemory<byte> Pack(ReadOnlyMemory<byte> body, string encoding)
    {
        using MemoryStream packed = new(body.Length / 2);
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(body.Span);
        }

        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    private static unsafe WholeBody? Unpack(ReadOnlySpan<byte> bytes, bool isGzip, long bytesMax)
    {
        fixed (byte* start = bytes)
        {
            using UnmanagedMemoryStream packed = new(start, bytes.Length);
            using Stream unpacked = isGzip
                ? new GZipStream(packed, CompressionMode.Decompress)
                : new ZLibStream(packed, CompressionMode.Decompress);
            return ReadAll(unpacked, bytesMax);
        }
    }

    private static double Weight(ReadOnlySpan<char> parameter)
    {
        parameter = parameter.Trim();
        return parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(
                parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double weight)
            ? weight
            : 1;
    }

    private static WholeBody? ReadAll(Stream stream, long bytesMax)
    {
        byte[] rented = BodyPool.OfProcess.Rent((int)Math.Min(FirstBytes, bytesMax));
        int length = 0;
        while (true)
        {
            int got = stream.Read(rented, length, rented.Length - length);
            if (got == 0)
            {
                return WholeBody.Of(BodyBuffer.Of(rented, length));
            }

            length += got;
            if (length > bytesMax)
            {
                BodyPool.OfProcess.Return(rented);
                return null;
            }

            if (length == rented.Length)
            {
                byte[] larger = BodyPool.OfProcess.Rent((int)Math.Min(length * 2L, bytesMax + 1));
                rented.AsSpan(0, length).CopyTo(larger);
                BodyPool.OfProcess.Return(rented);
                rented = larger;
            }
        }
    }
}
