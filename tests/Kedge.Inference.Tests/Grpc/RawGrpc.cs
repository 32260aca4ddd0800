using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// A connection that speaks just enough HTTP/2 to send one call again and again: frames are written by hand, headers as
/// literals, so that the client allocates nothing and what is measured is the server's.
/// </summary>
internal sealed class RawGrpc : IDisposable
{
    internal const int FrameHead = 9;
    internal const byte Data = 0;
    internal const byte Headers = 1;
    internal const byte Reset = 3;
    internal const byte Settings = 4;
    internal const byte Ping = 6;
    internal const byte GoAway = 7;
    internal const byte WindowUpdate = 8;
    internal const byte Ack = 1;
    internal const byte EndStream = 1;
    internal const byte EndHeaders = 4;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _incoming = new byte[64 * 1024];
    private readonly byte[] _call;
    private readonly int _dataAt;
    private int _filled;
    private int _unacknowledged;
    private uint _stream = 1;

    public RawGrpc(IPEndPoint endPoint, string path, byte[] message)
    {
        byte[] block = Call(path);
        byte[] frame = GrpcPeer.Frame(message);
        _dataAt = FrameHead + block.Length;
        _call = [.. Frame(Headers, EndHeaders, block), .. Frame(Data, EndStream, frame)];
        _socket.ReceiveTimeout = 30_000;
        _socket.Connect(endPoint);
        _socket.Send([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, [])]);
    }

    /// <summary>Sends the call and waits for its end; the bytes of its body.</summary>
    public int Exchange()
    {
        BinaryPrimitives.WriteUInt32BigEndian(_call.AsSpan(5), _stream);
        BinaryPrimitives.WriteUInt32BigEndian(_call.AsSpan(_dataAt + 5), _stream);
        _socket.Send(_call);
        int body = 0;
        while (true)
        {
            int used = 0;
            while (_filled - used >= FrameHead)
            {
                Span<byte> frame = _incoming.AsSpan(used, _filled - used);
                int length = (frame[0] << 16) | (frame[1] << 8) | frame[2];
                if (frame.Length < FrameHead + length)
                {
                    break;
                }

                used += FrameHead + length;
                body += Take(frame[..(FrameHead + length)], out bool isEnd);
                if (isEnd)
                {
                    Keep(used);
                    _stream += 2;
                    return body;
                }
            }

            Keep(used);
            int got = _socket.Receive(_incoming.AsSpan(_filled));
            _filled += got > 0 ? got : throw new IOException("The connection ended.");
        }
    }

    public void Dispose() => _socket.Dispose();

    private int Take(Span<byte> frame, out bool isEnd)
    {
        isEnd = false;
        bool isMine = BinaryPrimitives.ReadUInt32BigEndian(frame[5..]) == _stream;
        switch (frame[3])
        {
            case Settings or Ping when (frame[4] & Ack) == 0:
                frame[4] = Ack;
                _socket.Send(frame[3] == Ping ? frame : [0, 0, 0, Settings, Ack, 0, 0, 0, 0]);
                return 0;
            case Data when isMine:
                isEnd = (frame[4] & EndStream) != 0;
                Acknowledge(frame.Length - FrameHead);
                return frame.Length - FrameHead;
            case Headers when isMine:
                isEnd = (frame[4] & EndStream) != 0;
                return 0;
            case Reset or GoAway:
                throw new IOException($"Frame {frame[3]} with {Convert.ToHexString(frame)}.");
            default:
                return 0;
        }
    }

    /// <summary>Gives the window of the connection back before it is used up.</summary>
    private void Acknowledge(int byteCount)
    {
        _unacknowledged += byteCount;
        if (_unacknowledged > 16 * 1024)
        {
            Span<byte> update = stackalloc byte[FrameHead + 4];
            update.Clear();
            update[2] = 4;
            update[3] = WindowUpdate;
            BinaryPrimitives.WriteInt32BigEndian(update[FrameHead..], _unacknowledged);
            _socket.Send(update);
            _unacknowledged = 0;
        }
    }

    private void Keep(int used)
    {
        _incoming.AsSpan(used, _filled - used).CopyTo(_incoming);
        _filled -= used;
    }

    /// <summary>The headers of a call.</summary>
    internal static byte[] Call(string path) =>
    [
        0x83, 0x86, .. Literal(":path", path), .. Literal(":authority", "x"),
        .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers"),
    ];

    internal static byte[] Frame(byte kind, byte flags, byte[] payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, kind, flags, 0, 0, 0, 0,
        .. payload,
    ];

    /// <summary>A header without any table and without Huffman's code (RFC 7541 §6.2.2).</summary>
    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
