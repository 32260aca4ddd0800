using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kedge.Tests.Fleet;

/// <summary>
/// One HTTP/1.1 connection that asks for inferences one after the other. It never hides a failure: a connection that
/// ends without having said <c>Connection: close</c> is an error, and nothing is tried again.
/// </summary>
public sealed class InferClient(EndPoint endpoint, string path) : IDisposable
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private Socket? _socket;

    /// <summary>Status and body of the answer.</summary>
    public async Task<(int Status, string Body)> PostAsync(ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        if (_socket is null)
        {
            _socket = new Socket(
                endpoint.AddressFamily,
                SocketType.Stream,
                endpoint.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
            if (endpoint.AddressFamily != AddressFamily.Unix)
            {
                _socket.NoDelay = true;
            }

            await _socket.ConnectAsync(endpoint, ct);
        }

        byte[] head = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: device\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {json.Length}\r\n\r\n");
        byte[] request = [.. head, .. json.Span];
        await SendAllAsync(request, ct);
        return await ReadAsync(ct);
    }

    public void Dispose() => Close();

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private async Task SendAllAsync(byte[] bytes, CancellationToken ct)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await _socket!.SendAsync(bytes.AsMemory(sent), ct);
        }
    }

    private async Task<(int Status, string Body)> ReadAsync(CancellationToken ct)
    {
        int filled = 0;
        int headEnd;
        while ((headEnd = _buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            filled += await ReceiveAsync(filled, ct);
        }

        string head = Encoding.ASCII.GetString(_buffer, 0, headEnd);
        string[] lines = head.Split("\r\n");
        int status = int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
        int length = int.Parse(Header(lines, "content-length") ?? "-1", CultureInfo.InvariantCulture);
        if (length < 0)
        {
            throw new IOException($"the answer has no length: {head}");
        }

        int bodyStart = headEnd + 4;
        while (filled < bodyStart + length)
        {
            filled += await ReceiveAsync(filled, ct);
        }

        if (string.Equals(Header(lines, "connection"), "close", StringComparison.OrdinalIgnoreCase))
        {
            Close();
        }

        return (status, Encoding.UTF8.GetString(_buffer, bodyStart, length));
    }

    private async Task<int> ReceiveAsync(int offset, CancellationToken ct)
    {
        int read = await _socket!.ReceiveAsync(_buffer.AsMemory(offset), ct);
        return read > 0 ? read : throw new IOException("the connection was closed instead of an answer");
    }

    private static string? Header(string[] lines, string name) => lines
        .Skip(1)
        .Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(l => l[(name.Length + 1)..].Trim())
        .FirstOrDefault();
}
