using System.Net;
using System.Net.Sockets;

namespace Kedge.Bench.Serve;

/// <summary>One connection that sends the same request again and again and reads the answers whole.</summary>
internal sealed class HttpWorker : IDisposable
{
    private readonly EndPoint _endPoint;
    private byte[] _buffer = new byte[256 * 1024];
    private Socket _socket;

    public HttpWorker(EndPoint endPoint)
    {
        _endPoint = endPoint;
        _socket = Connect();
    }

    /// <summary>For <see cref="Measured.Run"/>.</summary>
    public static Func<IAsker> Against(EndPoint endPoint, byte[] request) => () => new Asker(endPoint, request);

    /// <summary>Bytes of a whole answer.</summary>
    public static int AnswerBytes(EndPoint endPoint, byte[] request)
    {
        using HttpWorker worker = new(endPoint);
        Kedge.Core.Check.That(worker.Ask(request, out _) == 200);
        return worker.LastBytes;
    }

    /// <summary>Bytes of the last answer, with its head.</summary>
    private int LastBytes { get; set; }

    /// <summary>
    /// Sends a request and reads its answer; returns the status. Connects again when the server closes.
    /// </summary>
    public int Ask(byte[] request, out ReadOnlySpan<byte> answer)
    {
        _socket.Send(request);
        return Receive(out answer);
    }

    private int Receive(out ReadOnlySpan<byte> answer)
    {
        int filled = 0;
        while (true)
        {
            if (filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, filled * 2);
            }

            int got = _socket.Receive(_buffer.AsSpan(filled));
            filled += got;
            ReadOnlySpan<byte> all = _buffer.AsSpan(0, filled);
            int end = all.IndexOf("\r\n\r\n"u8);
            if (got == 0)
            {
                throw new IOException("The server closed within an answer.");
            }

            if (end > 0 && filled >= end + 4 + Length(all[..(end + 2)]))
            {
                answer = all[(end + 4)..];
                LastBytes = filled;
                Renew(all[..end]);
                return ((all[9] - '0') * 100) + ((all[10] - '0') * 10) + all[11] - '0';
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private Socket Connect()
    {
        Socket socket = _endPoint is IPEndPoint
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(_endPoint);
        return socket;
    }

    private void Renew(ReadOnlySpan<byte> head)
    {
        if (head.IndexOf("Connection: close"u8) >= 0)
        {
            _socket.Dispose();
            _socket = Connect();
        }
    }

    private static int Length(ReadOnlySpan<byte> head)
    {
        for (int at = 0; at < head.Length - 16; at++)
        {
            if (head[at] == '\n' && (head[at + 9] | 0x20) == 'l' && (head[at + 1] | 0x20) == 'c'
                && head[at + 15] == ':')
            {
                int value = 0;
                for (int i = at + 16; head[i] is (byte)' ' or (>= (byte)'0' and <= (byte)'9'); i++)
                {
                    value = head[i] == ' ' ? value : (value * 10) + head[i] - '0';
                }

                return value;
            }
        }

        throw new InvalidOperationException("An answer without Content-Length.");
    }

    private sealed class Asker(EndPoint endPoint, byte[] request) : IConnectionAsker
    {
        private readonly HttpWorker _worker = new(endPoint);

        public Socket Socket => _worker._socket;

        public void Send() => _worker._socket.Send(request);

        public void Receive()
        {
            Socket asked = Socket;
            if (_worker.Receive(out ReadOnlySpan<byte> answer) != 200)
            {
                throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(answer));
            }

            // Whoever waits for many at once would not hear of another.
            Kedge.Core.Check.That(ReferenceEquals(asked, Socket));
        }

        public void Dispose() => _worker.Dispose();
    }
}
