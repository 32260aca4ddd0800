using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// One stream of gRPC on a connection of its own, by hand like <see cref="RawGrpc"/>: a message there, one back, again
/// and again, and nothing is allocated for it here.
/// </summary>
internal sealed class RawGrpcStream : IDisposable
{
    private const int MessageHead = 5;
    private const int Stream = 1;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _incoming = new byte[64 * 1024];
    private readonly byte[] _answer = new byte[64 * 1024];
    private readonly byte[] _message;
    private int _filled;
    private int _answered;
    private int _unacknowledged;

    public RawGrpcStream(IPEndPoint endPoint, string path, byte[] message)
    {
        _socket.ReceiveTimeout = 30_000;
        _socket.Connect(endPoint);
        _socket.Send([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawGrpc.Frame(RawGrpc.Settings, 0, [])]);
        _socket.Send(Numbered(RawGrpc.Frame(RawGrpc.Headers, RawGrpc.EndHeaders, RawGrpc.Call(path))));
        _message = Numbered(RawGrpc.Frame(RawGrpc.Data, 0, GrpcPeer.Frame(message)));
    }

    /// <summary>Sends the message and waits for an answer; the bytes of that, without its head.</summary>
    public int Exchange()
    {
        _socket.Send(_message);
        while (true)
        {
            int used = 0;
            while (_filled - used >= RawGrpc.FrameHead)
            {
                Span<byte> frame = _incoming.AsSpan(used, _filled - used);
                int length = (frame[0] << 16) | (frame[1] << 8) | frame[2];
                if (frame.Length < RawGrpc.FrameHead + length)
                {
                    break;
                }

                used += RawGrpc.FrameHead + length;
                Take(frame[..(RawGrpc.FrameHead + length)]);
            }

            _incoming.AsSpan(used, _filled - used).CopyTo(_incoming);
            _filled -= used;
            if (_answered >= MessageHead
                && _answered >= MessageHead + BinaryPrimitives.ReadInt32BigEndian(_answer.AsSpan(1)))
            {
                int bytes = _answered - MessageHead;
                _answered = 0;
                return bytes;
            }

            int got = _socket.Receive(_incoming.AsSpan(_filled));
            _filled += got > 0 ? got : throw new IOException("The connection ended.");
        }
    }

    /// <summary>Ends the stream: the caller has sent its last message.</summary>
    public void End() => _socket.Send(Numbered(RawGrpc.Frame(RawGrpc.Data, RawGrpc.EndStream, [])));

    public void Dispose() => _socket.Dispose();

    private void Take(Span<byte> frame)
    {
        switch (frame[3])
        {
            case RawGrpc.Settings or RawGrpc.Ping when (frame[4] & RawGrpc.Ack) == 0:
                frame[4] = RawGrpc.Ack;
                _socket.Send(frame[3] == RawGrpc.Ping ? frame : [0, 0, 0, RawGrpc.Settings, RawGrpc.Ack, 0, 0, 0, 0]);
                break;
            case RawGrpc.Data:
                frame[RawGrpc.FrameHead..].CopyTo(_answer.AsSpan(_answered));
                _answered += frame.Length - RawGrpc.FrameHead;
                Acknowledge(frame.Length - RawGrpc.FrameHead);
                break;
            case RawGrpc.Reset or RawGrpc.GoAway:
                throw new IOException($"Frame {frame[3]} with {Convert.ToHexString(frame)}.");
            default:
                break;
        }
    }

    /// <summary>Gives the windows of the connection and of the stream back before they are used up.</summary>
    private void Acknowledge(int byteCount)
    {
        _unacknowledged += byteCount;
        if (_unacknowledged <= 16 * 1024)
        {
            return;
        }

        Span<byte> updates = stackalloc byte[2 * (RawGrpc.FrameHead + 4)];
        updates.Clear();
        for (int index = 0; index < 2; index++)
        {
            Span<byte> update = updates.Slice(index * (RawGrpc.FrameHead + 4), RawGrpc.FrameHead + 4);
            update[2] = 4;
            update[3] = RawGrpc.WindowUpdate;
            BinaryPrimitives.WriteInt32BigEndian(update[5..], index * Stream);
            BinaryPrimitives.WriteInt32BigEndian(update[RawGrpc.FrameHead..], _unacknowledged);
        }

        _socket.Send(updates);
        _unacknowledged = 0;
    }

    private static byte[] Numbered(byte[] frame)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), Stream);
        return frame;
    }
}
