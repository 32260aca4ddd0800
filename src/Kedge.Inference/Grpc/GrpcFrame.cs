using System.Buffers;
using System.Buffers.Binary;

namespace Kedge.Inference.Grpc;

/// <summary>
/// The five bytes before each message of gRPC: whether it is compressed, and its length (gRPC over HTTP/2,
/// Length-Prefixed-Message).
/// </summary>
public static class GrpcFrame
{
    /// <summary>Bytes before each message.</summary>
    public const int HeadBytes = 5;

    /// <summary>Reads what stands before a message; false while fewer than five bytes are here.</summary>
    /// <param name="bytes">What has come so far.</param>
    /// <param name="flag">0 for a plain message, 1 for a compressed one; nothing else is allowed.</param>
    /// <param name="length">Length of the message that follows, in bytes.</param>
    public static bool TryReadHead(in ReadOnlySequence<byte> bytes, out byte flag, out uint length)
    {
        if (bytes.Length < HeadBytes)
        {
            (flag, length) = (0, 0);
            return false;
        }

        Span<byte> head = stackalloc byte[HeadBytes];
        bytes.Slice(0, HeadBytes).CopyTo(head);
        flag = head[0];
        length = BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
        return true;
    }

    /// <summary>Writes what stands before a plain message.</summary>
    /// <param name="output">Takes the five bytes.</param>
    /// <param name="length">Length of the message that follows, in bytes.</param>
    public static void WriteHead(IBufferWriter<byte> output, int length)
    {
        Span<byte> head = output.GetSpan(HeadBytes);
        head[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)length);
        output.Advance(HeadBytes);
    }
}
