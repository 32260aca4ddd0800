using System.Net;
using System.Net.Sockets;

namespace Kedge.Bench.Serve;

/// <summary>One connection that sends the same request again and again and reads the answers whole.</summary>
internal sealed class HttpWorker
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly Socket _socket;
    private readonly byte[] _request;

    private HttpWorker(IPEndPoint endPoint, byte[] request)
    {
        _request = request;
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(endPoint);
    }

    /// <summary>A worker for <see cref="Measured.Run"/>.</summary>
    public static Func<Action> Against(IPEndPoint endPoint, byte[] request) =>
        () => new HttpWorker(endPoint, request).Ask;

    public void Ask()
    {
        _socket.Send(_request);
        int filled = 0;
        while (true)
        {
            int got = _socket.Receive(_buffer.AsSpan(filled));
            filled += got;
            ReadOnlySpan<byte> all = _buffer.AsSpan(0, filled);
            int end = all.IndexOf("\r\n\r\n"u8);
            if (got == 0 || (end > 0 && !all.StartsWith("HTTP/1.1 200"u8)))
            {
                throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(all));
            }

            if (end > 0 && filled >= end + 4 + Length(all[..(end + 2)]))
            {
                return;
            }
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
}
