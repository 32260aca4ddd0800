using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Wire;

/// <summary>
/// A connection that speaks HTTP/1.1 byte by byte as it is told to, so that what no client library would ever send can
/// be sent too. It follows no redirect, repeats nothing and believes nothing.
/// </summary>
internal sealed class HttpLink : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _begin;
    private int _end;

    private HttpLink(Socket socket) => _socket = socket;

    internal static async Task<HttpLink> OpenAsync(ServerAddress address, CancellationToken stop) =>
        new(await address.ConnectAsync(stop).ConfigureAwait(false));

    internal async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            int sent = await _socket.SendAsync(bytes, SocketFlags.None, stop).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }

    /// <summary>The next answer.</summary>
    /// <param name="isHead">True for the answer to a HEAD request, which has no body whatever it says.</param>
    /// <param name="stop">Ends the waiting.</param>
    internal async Task<HttpAnswer> ReceiveAsync(bool isHead, CancellationToken stop)
    {
        string[] lines = await ReceiveHeadAsync(stop).ConfigureAwait(false);
        string[] first = lines[0].Split(' ', 3);
        Expect.That(
            first.Length >= 2 && first[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
                && int.TryParse(first[1], NumberStyles.None, CultureInfo.InvariantCulture, out _),
            $"The status line is '{lines[0]}'.");
        int status = int.Parse(first[1], CultureInfo.InvariantCulture);
        ImmutableArray<(string, string)> headers = [.. lines.Skip(1).Select(Split)];
        HttpAnswer answer = new(status, first[0], headers, []);
        bool hasNoBody = isHead || status is (>= 100 and < 200) or 204 or 304;
        return hasNoBody ? answer : answer with { Body = await ReceiveBodyAsync(answer, stop).ConfigureAwait(false) };
    }

    /// <summary>True when the server has closed, and sent nothing more before.</summary>
    internal async Task<bool> IsClosedAsync(CancellationToken stop)
    {
        try
        {
            return _begin == _end && !await FillAsync(stop).ConfigureAwait(false);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    public void Dispose() => _socket.Dispose();

    private static (string Name, string Value) Split(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        Expect.That(colon > 0, $"A header line is '{line}'.");
        return (line[..colon], line[(colon + 1)..].Trim());
    }

    private async Task<string[]> ReceiveHeadAsync(CancellationToken stop)
    {
        int length;
        while ((length = _buffer.AsSpan(_begin, _end - _begin).IndexOf("\r\n\r\n"u8)) < 0)
        {
            Expect.That(_end - _begin < ConformanceLimits.HeadBytesMax, "The head of the answer does not end.");
            Expect.That(
                await FillAsync(stop).ConfigureAwait(false),
                $"The connection ended after {_end - _begin} bytes of an answer's head.");
        }

        string head = Encoding.Latin1.GetString(_buffer, _begin, length);
        _begin += length + 4;
        return head.Split("\r\n");
    }

    private async Task<byte[]> ReceiveBodyAsync(HttpAnswer head, CancellationToken stop)
    {
        if (string.Equals(head.Header("Transfer-Encoding"), "chunked", StringComparison.OrdinalIgnoreCase))
        {
            return await ReceiveChunksAsync(stop).ConfigureAwait(false);
        }

        if (head.Header("Content-Length") is not { } text)
        {
            return await ReceiveUntilEndAsync(stop).ConfigureAwait(false);
        }

        Expect.That(
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                && length <= ConformanceLimits.BodyBytesMax,
            $"Content-Length is '{text}'.");
        return await TakeAsync(length, stop).ConfigureAwait(false);
    }

    private async Task<byte[]> ReceiveChunksAsync(CancellationToken stop)
    {
        using MemoryStream body = new();
        while (true)
        {
            string line = await TakeLineAsync(stop).ConfigureAwait(false);
            string size = line.Split(';')[0].Trim();
            Expect.That(
                int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int length)
                    && body.Length + length <= ConformanceLimits.BodyBytesMax,
                $"A chunk's size is '{line}'.");
            if (length == 0)
            {
                while ((await TakeLineAsync(stop).ConfigureAwait(false)).Length > 0)
                {
                    // Trailers.
                }

                return body.ToArray();
            }

            body.Write(await TakeAsync(length, stop).ConfigureAwait(false));
            Expect.That((await TakeLineAsync(stop).ConfigureAwait(false)).Length == 0, "A chunk does not end.");
        }
    }

    private async Task<byte[]> ReceiveUntilEndAsync(CancellationToken stop)
    {
        while (await FillAsync(stop).ConfigureAwait(false))
        {
            Expect.That(_end - _begin <= ConformanceLimits.BodyBytesMax, "The body does not end.");
        }

        return await TakeAsync(_end - _begin, stop).ConfigureAwait(false);
    }

    private async Task<string> TakeLineAsync(CancellationToken stop)
    {
        int length;
        while ((length = _buffer.AsSpan(_begin, _end - _begin).IndexOf("\r\n"u8)) < 0)
        {
            Expect.That(_end - _begin < ConformanceLimits.HeadBytesMax, "A line of the body does not end.");
            Expect.That(await FillAsync(stop).ConfigureAwait(false), "The connection ended within a chunked body.");
        }

        string line = Encoding.Latin1.GetString(_buffer, _begin, length);
        _begin += length + 2;
        return line;
    }

    private async Task<byte[]> TakeAsync(int length, CancellationToken stop)
    {
        while (_end - _begin < length)
        {
            Expect.That(
                await FillAsync(stop).ConfigureAwait(false),
                $"The connection ended after {_end - _begin} of {length} bytes of the body.");
        }

        byte[] taken = _buffer.AsSpan(_begin, length).ToArray();
        _begin += length;
        return taken;
    }

    private async Task<bool> FillAsync(CancellationToken stop)
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            (_begin, _end) = (0, _end - _begin);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, stop)
            .ConfigureAwait(false);
        _end += received;
        return received > 0;
    }
}
