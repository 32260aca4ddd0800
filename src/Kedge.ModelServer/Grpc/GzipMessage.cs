using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using Kedge.Inference.Errors;

namespace Kedge.ModelServer.Grpc;

/// <summary>Unpacks a message that came as gzip; one that grows beyond the limit is refused before it does.</summary>
internal static class GzipMessage
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>Unpacks; gives the packed bytes back to the pool.</summary>
    /// <param name="packed">An array of the shared pool.</param>
    /// <param name="packedLength">How much of it is the message.</param>
    /// <param name="bytesMax">Largest message, in bytes.</param>
    internal static GrpcMessage Unpack(byte[] packed, int packedLength, long bytesMax)
    {
        byte[] unpacked = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(FirstBytes, packedLength * 2L), bytesMax));
        int length = 0;
        GrpcMessage fault;
        try
        {
            using GZipStream gzip = new(new MemoryStream(packed, 0, packedLength), CompressionMode.Decompress);
            while (length <= bytesMax)
            {
                unpacked = length == unpacked.Length ? Larger(unpacked, length, bytesMax) : unpacked;
                int read = gzip.Read(unpacked.AsSpan(length));
                length += read;
                if (read == 0)
                {
                    return GrpcMessage.In(unpacked, length);
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
            ArrayPool<byte>.Shared.Return(packed);
        }

        ArrayPool<byte>.Shared.Return(unpacked);
        return fault;
    }

    private static byte[] Larger(byte[] full, int length, long bytesMax)
    {
        // One byte more than allowed, so that a message that is too long shows.
        byte[] larger = ArrayPool<byte>.Shared.Rent(
            (int)Math.Min(Math.Min(length * 2L, bytesMax + 1), Array.MaxLength));
        full.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
