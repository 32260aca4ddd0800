using System.Globalization;
using System.IO.Compression;
using Kedge.Inference.Errors;
using Kedge.ModelServer.Http;

namespace Kedge.ModelServer.Grpc;

/// <summary>Unpacks a message that came as gzip; one that grows beyond the limit is refused before it does.</summary>
internal static class GzipMessage
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>Unpacks, and releases the packed bytes.</summary>
    /// <param name="packed">The message as it came.</param>
    /// <param name="bytesMax">Largest message, in bytes.</param>
    internal static unsafe GrpcMessage Unpack(in BodyBuffer packed, long bytesMax)
    {
        byte[] unpacked = BodyPool.OfProcess.Rent((int)Math.Min(Math.Max(FirstBytes, packed.Length * 2L), bytesMax));
        int length = 0;
        GrpcMessage fault;
        try
        {
            fixed (byte* start = packed.Bytes)
            {
                using GZipStream gzip = new(
                    new UnmanagedMemoryStream(start, packed.Length), CompressionMode.Decompress);
                while (length <= bytesMax)
                {
                    unpacked = length == unpacked.Length ? Larger(unpacked, length, bytesMax) : unpacked;
                    int read = gzip.Read(unpacked.AsSpan(length));
                    length += read;
                    if (read == 0)
                    {
                        return GrpcMessage.In(BodyBuffer.Of(unpacked, length));
                    }
                }
            }

            fault = GrpcMessage.Broken(InferErrors.TooLarge.At(
                string.Create(CultureInfo.InvariantCulture, $"A message may have {bytesMax} bytes.")));
        }
        catch (InvalidDataException failure)
        {
            fault = GrpcMessage.Broken(InferErrors.MessageInvalid.At($"The message is no gzip: {failure.Message}"));
        }
        finally
        {
            packed.Release();
        }

        BodyPool.OfProcess.Return(unpacked);
        return fault;
    }

    private static byte[] Larger(byte[] full, int length, long bytesMax)
    {
        // One byte more than allowed, so that a message that is too long shows.
        byte[] larger = BodyPool.OfProcess.Rent(
            (int)Math.Min(Math.Min(length * 2L, bytesMax + 1), Array.MaxLength));
        full.AsSpan(0, length).CopyTo(larger);
        BodyPool.OfProcess.Return(full);
        return larger;
    }
}
