using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kedge.Inference.Tests.Serve;

/// <summary>
/// A connection that speaks HTTP/1.1 and retries nothing: whatever a server loses is seen. Sending and receiving the
/// same request again allocates nothing.
/// </summary>
internal sealed class RawHttp(Socket socket) : IDisposable
{
    private static readonly string Numbers = string.Join(',', Enumerable.Range(0, 16));
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _filled;

    public static readonly string AddSubBody = $$"""
        {"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","data":[{{Numbers}}]},
        {"name":"INPUT1","shape":[1,16],"datatype":"INT32","data":[{{Numbers}}]}]}
        """;

    public static readonly byte[] AddSubRequest = Request("POST", "/v2/models/tiny/infer", AddSubBody);

    /// <summary>True once the server has said that it closes.</summary>
    public bool Closes { get; private set; }

    /// <summary>Status line and headers of the last answer.</summary>
    public string Head
    {
        get
        {
            ReadOnlySpan<byte> all = _buffer.AsSpan(0, _filled);
            return Encoding.UTF8.GetString(all[..(all.IndexOf("\r\n\r\n"u8) + 2)]);
        }
    }

    public static RawHttp Connect(IPEndPoint endPoint)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(endPoint);
        return new RawHttp(socket);
    }

    public static byte[] Request(string method, string path, string body = "", string headers = "") =>
        Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}"));

    public (int Status, string Body) Ask(string method, string path, string body = "", string headers = "")
    {
        int status = Exchange(Request(method, path, body, headers), out ReadOnlySpan<byte> answer);
        return (status, Encoding.UTF8.GetString(answer));
    }

    public int Exchange(byte[] request, out ReadOnlySpan<byte> body)
    {
        socket.ReceiveTimeout = 30_000;
        socket.Send(request);
        _filled = 0;
        while (true)
        {
            int got = socket.Receive(_buffer.AsSpan(_filled));
            if (got == 0)
            {
                throw new IOException($"The connection ended after {_filled} bytes of an answer.");
            }

            _filled += got;
            ReadOnlySpan<byte> all = _buffer.AsSpan(0, _filled);
            int end = all.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                continue;
            }

            ReadOnlySpan<byte> head = all[..(end + 2)];
            int length = Number(head, "Content-Length: "u8);
            if (all.Length >= end + 4 + length)
            {
                Closes = head.IndexOf("Connection: close"u8) >= 0;
                body = all.Slice(end + 4, length);
                return Number(head, "HTTP/1.1 "u8);
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private static int Number(ReadOnlySpan<byte> head, ReadOnlySpan<byte> after)
    {
        int at = head.IndexOf(after);
        int value = 0;
        for (int i = at + after.Length; at >= 0 && head[i] is >= (byte)'0' and <= (byte)'9'; i++)
        {
            value = (value * 10) + head[i] - '0';
        }

        return value;
    }
}
