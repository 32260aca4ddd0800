using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kedge.Inference.Tensors;

namespace Kedge.Bench.Serve;

/// <summary>
/// One HTTP/2 connection that makes the same gRPC call again and again, one at a time: frames by hand, headers encoded
/// once, so that the client costs as little as that of HTTP/1.1.
/// </summary>
internal sealed class GrpcWorker : IDisposable
{
    private const byte FrameContents = 0;
    private const byte FrameHeaders = 1;
    private const byte FrameReset = 3;
    private const byte FrameSettings = 4;
    private const byte FramePing = 6;
    private const byte FrameGoAway = 7;
    private const byte FrameWindow = 8;
    private const byte FlagEnd = 1;
    private const byte FlagEndOfHeaders = 4;
    private const int FrameHead = 9;
    private const int FrameBytesBegin = 16 * 1024;
    private const int Window = 1 << 30;
    private const int SettingInitialWindow = 4;
    private const int SettingFrameBytes = 5;

    private readonly Socket _socket;
    private readonly byte[] _headers;
    private readonly byte[] _message;
    private readonly byte[] _head = new byte[FrameHead];
    private byte[] _buffer = new byte[256 * 1024];
    private byte[] _out = new byte[64 * 1024];
    private int _begin;
    private int _end;
    private int _outFilled;
    private int _stream = -1;
    private int _lastTaken = int.MaxValue;
    private long _window = 65535;
    private long _initialWindow = 65535;
    private long _streamWindow;
    private int _frameBytesMax = FrameBytesBegin;
    private long _received;
    private int _answerBytes;

    private GrpcWorker(EndPoint endPoint, byte[] message)
    {
        _message = message;
        _headers = Headers(endPoint);
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
        _socket.Connect(endPoint);
        Put("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        byte[] settings = [0, SettingInitialWindow, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), Window);
        PutFrame(FrameSettings, 0, 0, settings);
        PutWindow(Window);
    }

    /// <summary>Bytes of the messages and heads that answer a call, without what only keeps the connection.</summary>
    public static int AnswerBytes(EndPoint endPoint, Workload workload)
    {
        using GrpcWorker worker = new(endPoint, Message(workload));
        Kedge.Core.Check.That(worker.Ask());
        return worker._answerBytes;
    }

    /// <summary>For <see cref="Measured.Run"/>.</summary>
    public static Func<IAsker> Against(EndPoint endPoint, Workload workload)
    {
        byte[] message = Message(workload);
        return () => new Asker(endPoint, message);
    }

    /// <summary>A connection of an open loop.</summary>
    public static IOpenClient Open(EndPoint endPoint, Workload workload) =>
        new OpenClient(endPoint, Message(workload));

    /// <summary>ModelInferRequest with raw contents, in its frame; field numbers as in the standard's .proto.</summary>
    public static byte[] Message(Workload workload)
    {
        using MemoryStream message = new();
        Field(message, 1, "m"u8);
        foreach (Tensor input in workload.Inputs)
        {
            using MemoryStream tensor = new();
            Field(tensor, 1, Encoding.UTF8.GetBytes(input.Name));
            Field(tensor, 2, Encoding.UTF8.GetBytes(TensorTypes.Name(input.Type)));
            using MemoryStream shape = new();
            foreach (long extent in input.Shape)
            {
                Varint(shape, (ulong)extent);
            }

            Field(tensor, 3, shape.ToArray());
            Field(message, 5, tensor.ToArray());
        }

        foreach (Tensor input in workload.Inputs)
        {
            Field(message, 7, input.Bytes);
        }

        byte[] frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), (int)message.Length);
        message.ToArray().CopyTo(frame, 5);
        return frame;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>True once the server has said that this connection takes no more calls.</summary>
    private bool IsGoing { get; set; }

    /// <summary>
    /// True when the server has said that it did not take the last call: it is made again elsewhere, as every gRPC
    /// client does (RFC 9113, 6.8).
    /// </summary>
    private bool WasLeft => _stream > _lastTaken;

    /// <summary>One call; false when it ended without a message.</summary>
    private bool Ask()
    {
        Send();
        return Receive();
    }

    private void Send()
    {
        _stream += 2;
        _streamWindow = _initialWindow;
        PutFrame(FrameHeaders, FlagEndOfHeaders, _stream, _headers);
        int sent = 0;
        while (sent < _message.Length)
        {
            int size = (int)Math.Min(
                Math.Min(_frameBytesMax, _message.Length - sent), Math.Min(_window, _streamWindow));
            if (size <= 0)
            {
                Flush();
                _ = Read(out _);
                continue;
            }

            bool isLast = sent + size == _message.Length;
            PutFrame(FrameContents, isLast ? FlagEnd : (byte)0, _stream, _message.AsSpan(sent, size));
            (sent, _window, _streamWindow) = (sent + size, _window - size, _streamWindow - size);
        }

        Flush();
    }

    private bool Receive()
    {
        bool hasMessage = false;
        _answerBytes = 0;
        while (!Read(out int contents))
        {
            hasMessage |= contents > 5;
        }

        return hasMessage;
    }

    /// <summary>The next frame; true when it ended the call.</summary>
    private bool Read(out int contents)
    {
        Fill(FrameHead);
        ReadOnlySpan<byte> head = _buffer.AsSpan(_begin, FrameHead);
        int length = (head[0] << 16) | (head[1] << 8) | head[2];
        (byte kind, byte flags) = (head[3], head[4]);
        int stream = BinaryPrimitives.ReadInt32BigEndian(head[5..]);
        Fill(FrameHead + length);
        ReadOnlySpan<byte> payload = _buffer.AsSpan(_begin + FrameHead, length);
        _begin += FrameHead + length;
        contents = kind == FrameContents ? length : 0;
        _answerBytes += stream == _stream ? FrameHead + length : 0;
        switch (kind)
        {
            case FrameContents:
                GiveBack(length);
                break;
            case FrameSettings when (flags & FlagEnd) == 0:
                TakeSettings(payload);
                break;
            case FramePing when (flags & FlagEnd) == 0:
                PutFrame(FramePing, FlagEnd, 0, payload);
                Flush();
                break;
            case FrameWindow:
                int more = BinaryPrimitives.ReadInt32BigEndian(payload);
                (_window, _streamWindow) =
                    stream == 0 ? (_window + more, _streamWindow) : (_window, _streamWindow + more);
                break;
            case FrameGoAway:
                IsGoing = true;
                _lastTaken = BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            default:
                break;
        }

        return stream == _stream
            && ((kind is FrameContents or FrameHeaders && (flags & FlagEnd) != 0) || kind == FrameReset);
    }

    private void GiveBack(int length)
    {
        _received += length;
        if (_received > Window / 2)
        {
            PutWindow((int)_received);
            _received = 0;
        }
    }

    private void TakeSettings(ReadOnlySpan<byte> settings)
    {
        for (; settings.Length >= 6; settings = settings[6..])
        {
            int value = BinaryPrimitives.ReadInt32BigEndian(settings[2..]);
            switch (BinaryPrimitives.ReadInt16BigEndian(settings))
            {
                case SettingInitialWindow:
                    _streamWindow += value - _initialWindow;
                    _initialWindow = value;
                    break;
                case SettingFrameBytes:
                    _frameBytesMax = value;
                    break;
            }
        }

        PutFrame(FrameSettings, FlagEnd, 0, []);
        Flush();
    }

    private void Fill(int length)
    {
        if (_begin == _end)
        {
            (_begin, _end) = (0, 0);
        }

        if (_begin + length > _buffer.Length)
        {
            byte[] larger = new byte[Math.Max(_buffer.Length, length * 2)];
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(larger);
            (_buffer, _begin, _end) = (larger, 0, _end - _begin);
        }

        while (_end - _begin < length)
        {
            int got = _socket.Receive(_buffer.AsSpan(_end));
            if (got == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            _end += got;
        }
    }

    private void PutWindow(int more)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, more);
        PutFrame(FrameWindow, 0, 0, payload);
    }

    private void PutFrame(byte kind, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        (_head[0], _head[1], _head[2]) =
            ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (_head[3], _head[4]) = (kind, flags);
        BinaryPrimitives.WriteInt32BigEndian(_head.AsSpan(5), stream);
        Put(_head);
        if (payload.Length < _frameBytesMax)
        {
            Put(payload);
            return;
        }

        Flush();
        _socket.Send(payload);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_outFilled + bytes.Length > _out.Length)
        {
            Array.Resize(ref _out, (_outFilled + bytes.Length) * 2);
        }

        bytes.CopyTo(_out.AsSpan(_outFilled));
        _outFilled += bytes.Length;
    }

    private void Flush()
    {
        _socket.Send(_out.AsSpan(0, _outFilled));
        _outFilled = 0;
    }

    /// <summary>HPACK without its table: nothing to keep in step (RFC 7541, 6.2.2).</summary>
    private static byte[] Headers(EndPoint endPoint)
    {
        using MemoryStream block = new();
        void Text(string text)
        {
            block.WriteByte((byte)text.Length);
            block.Write(Encoding.ASCII.GetBytes(text));
        }

        foreach ((string name, string value) in new[]
        {
            (":method", "POST"), (":scheme", "http"), (":path", "/inference.GRPCInferenceService/ModelInfer"),
            (":authority", $"{endPoint}"), ("content-type", "application/grpc"), ("te", "trailers"),
        })
        {
            block.WriteByte(0);
            Text(name);
            Text(value);
        }

        return block.ToArray();
    }

    private static void Field(MemoryStream message, int number, ReadOnlySpan<byte> value)
    {
        Varint(message, ((ulong)number << 3) | 2);
        Varint(message, (ulong)value.Length);
        message.Write(value);
    }

    private static void Varint(MemoryStream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            message.WriteByte((byte)(value | 0x80));
        }

        message.WriteByte((byte)value);
    }

    private sealed class Asker(EndPoint endPoint, byte[] message) : IConnectionAsker
    {
        private readonly GrpcWorker _worker = new(endPoint, message);

        public Socket Socket => _worker._socket;

        public void Send() => _worker.Send();

        public void Receive() => Kedge.Core.Check.That(_worker.Receive());

        public void Dispose() => _worker.Dispose();
    }

    private sealed class OpenClient(EndPoint endPoint, byte[] message) : IOpenClient
    {
        private GrpcWorker? _worker;

        public bool TryAsk() => TryAsk(out bool wasLeft) || (wasLeft && TryAsk(out _));

        private bool TryAsk(out bool wasLeft)
        {
            wasLeft = false;
            try
            {
                if (_worker is { IsGoing: true })
                {
                    _worker.Dispose();
                    _worker = null;
                }

                _worker ??= new GrpcWorker(endPoint, message);
                return _worker.Ask();
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
                wasLeft = _worker is { WasLeft: true };
                _worker?.Dispose();
                _worker = null;
                return false;
            }
        }

        public void Dispose() => _worker?.Dispose();
    }
}
