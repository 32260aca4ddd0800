using System.Globalization;
using System.Text;

namespace Kedge.Agent.Http;

/// <summary>
/// A client's side of HTTP/1.1 (RFC 9112) over any stream, one request after the other. Problem: the framework's client
/// costs several MB of a small device's memory and binary. Approach: only what the agent needs: a body of known length
/// or
/// in chunks, bounds on everything, an idle deadline on each read. It throws <see cref="IOException"/> when the
/// connection breaks before the head of an answer, or when the answer is not HTTP. Used by one caller at a time.
/// </summary>
/// <param name="stream">Connected; disposed with this.</param>
/// <param name="time">For the idle deadline.</param>
/// <param name="idle">Longest wait for the next byte.</param>
internal sealed class HttpExchange(Stream stream, TimeProvider time, TimeSpan idle) : IAsyncDisposable
{
    private const int HeadBytesMax = 32 * 1024;
    private const int InterimAnswersMax = 8; // Servers send one or none before the answer itself.
    private const int PieceBytesMax = 16 * 1024;
    private byte[] _buffer = new byte[PieceBytesMax];
    private int _start;
    private int _end;

    /// <summary>False once the connection cannot be used for another request.</summary>
    internal bool IsOpen { get; private set; } = true;

    /// <summary>Sends a request and reads the answer whole.</summary>
    internal ValueTask<HttpAnswer> SendAsync(HttpRequest request, CancellationToken cancel) =>
        SendAsync(request, null, cancel);

    /// <summary>
    /// Sends a request; the body of a success goes to a sink, in pieces of what one read gave, and waits while the sink
    /// does. A refusal is read whole. When the connection breaks in the middle the sink has what came.
    /// </summary>
    internal async ValueTask<HttpAnswer> SendAsync(HttpRequest request, IBodySink? sink, CancellationToken cancel)
    {
        try
        {
            await WriteAsync(request, cancel).ConfigureAwait(false);
            HttpHead head = await ReadFinalHeadAsync(cancel).ConfigureAwait(false);
            return sink is not null && head.Status is (200 or 206)
                ? await StreamAsync(head, sink!, cancel).ConfigureAwait(false) // Not null: the line before.
                : await ReadAnswerAsync(request, head, cancel).ConfigureAwait(false);
        }
        catch
        {
            IsOpen = false;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        IsOpen = false;
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(HttpRequest request, CancellationToken cancel)
    {
        StringBuilder head = new();
        _ = head.Append(CultureInfo.InvariantCulture, $"{request.Method} {request.Path} HTTP/1.1\r\n");
        _ = head.Append(CultureInfo.InvariantCulture, $"Host: {request.Host}\r\n");
        if (request.RangeFrom > 0 || request.RangeTo > 0)
        {
            string last = request.RangeTo > 0
                ? (request.RangeTo - 1).ToString(CultureInfo.InvariantCulture)
                : "";
            _ = head.Append(CultureInfo.InvariantCulture, $"Range: bytes={request.RangeFrom}-{last}\r\n");
            _ = request.IfRange.Length > 0 ? head.Append($"If-Range: {request.IfRange}\r\n") : head;
        }

        if (request.AcceptEncoding.Length > 0)
        {
            _ = head.Append($"Accept-Encoding: {request.AcceptEncoding}\r\n");
        }

        if (request.Body is { } body)
        {
            _ = head.Append(
                CultureInfo.InvariantCulture,
                $"Content-Type: {request.ContentType}\r\nContent-Length: {body.Length}\r\n");
        }

        byte[] bytes = Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
        if (request.Body is { Length: < 4096 } small)
        {
            bytes = [.. bytes, .. small.Span];
        }

        await stream.WriteAsync(bytes, cancel).ConfigureAwait(false);
        if (request.Body is { Length: >= 4096 } large)
        {
            await stream.WriteAsync(large, cancel).ConfigureAwait(false);
        }

        await stream.FlushAsync(cancel).ConfigureAwait(false);
    }

    private async ValueTask<HttpHead> ReadFinalHeadAsync(CancellationToken cancel)
    {
        for (int interim = 0; interim <= InterimAnswersMax; interim++)
        {
            HttpHead head = await ReadHeadAsync(cancel).ConfigureAwait(false);
            if (head.Status >= 200)
            {
                return head;
            }
        }

        throw new IOException("the answer never comes to its end");
    }

    private async ValueTask<HttpAnswer> StreamAsync(HttpHead head, IBodySink sink, CancellationToken cancel)
    {
        if (head.BodyBytes is not { } length || head["transfer-encoding"].Length > 0)
        {
            throw new IOException("the answer does not say its length");
        }

        bool goesOn = await sink.BeginAsync(head, cancel).ConfigureAwait(false);
        while (goesOn && length > 0 && await HasBytesAsync(cancel).ConfigureAwait(false))
        {
            int taken = (int)Math.Min(Math.Min(length, PieceBytesMax), _end - _start);
            ReadOnlyMemory<byte> piece = _buffer.AsMemory(_start, taken);
            _start += taken;
            length -= taken;
            goesOn = await sink.TakeAsync(piece, cancel).ConfigureAwait(false);
        }

        IsOpen &= length == 0 && !head.IsLast;
        return new HttpAnswer(head.Status, default, length == 0, head.RetryAfter)
        {
            IsStopped = !goesOn && length > 0,
        };
    }

    /// <summary>False when the connection broke: what came is in the sink, and the rest is asked for again.</summary>
    private async ValueTask<bool> HasBytesAsync(CancellationToken cancel)
    {
        try
        {
            if (_start == _end)
            {
                await FillAsync(cancel).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return false;
        }
    }

    private async ValueTask<HttpAnswer> ReadAnswerAsync(
        HttpRequest request, HttpHead head, CancellationToken cancel)
    {
        MemoryStream body = new();
        bool isWhole;
        try
        {
            // What a refusal says may be longer than what was asked for.
            int bytesMax = head.Status < 400
                ? request.BodyBytesMax
                : Math.Max(request.BodyBytesMax, AgentLimits.RefusalBytesMax);
            isWhole = await ReadBodyAsync(head, body, bytesMax, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is EndOfStreamException or TimeoutException)
        {
            isWhole = false;
        }

        IsOpen &= isWhole && !head.IsLast;
        return new HttpAnswer(
            head.Status, body.GetBuffer().AsMemory(0, (int)body.Length), isWhole, head.RetryAfter);
    }

    private async ValueTask<HttpHead> ReadHeadAsync(CancellationToken cancel)
    {
        string line = await ReadLineAsync(cancel).ConfigureAwait(false);
        string[] parts = line.Split(' ', 3);
        if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status)
            || status is < 100 or > 599)
        {
            throw new IOException("the answer is not HTTP");
        }

        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        int bytes = line.Length;
        while ((line = await ReadLineAsync(cancel).ConfigureAwait(false)).Length > 0)
        {
            int colon = line.IndexOf(':');
            bytes += line.Length;
            if (colon <= 0 || bytes > HeadBytesMax)
            {
                throw new IOException("the head of the answer is malformed or too long");
            }

            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new HttpHead(status, headers);
    }

    private async ValueTask<bool> ReadBodyAsync(
        HttpHead head, MemoryStream body, int bytesMax, CancellationToken cancel)
    {
        if (head.Status is 204 or 304)
        {
            return true;
        }

        if (head["transfer-encoding"] is { Length: > 0 } encoding)
        {
            return encoding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                ? await ReadChunksAsync(body, bytesMax, cancel).ConfigureAwait(false)
                : throw new IOException($"the transfer encoding {encoding} is not known");
        }

        long length = head.BodyBytes ?? throw new IOException("the answer does not say its length");
        await CopyAsync(body, length, bytesMax, cancel).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> ReadChunksAsync(MemoryStream body, int bytesMax, CancellationToken cancel)
    {
        while (true)
        {
            string size = (await ReadLineAsync(cancel).ConfigureAwait(false)).Split(';')[0].Trim();
            if (!int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int length)
                || length < 0)
            {
                throw new IOException("the length of a chunk is malformed");
            }

            if (length > 0)
            {
                await CopyAsync(body, length, bytesMax, cancel).ConfigureAwait(false);
            }

            if (length == 0)
            {
                await SkipTrailersAsync(cancel).ConfigureAwait(false);
                return true;
            }

            if ((await ReadLineAsync(cancel).ConfigureAwait(false)).Length > 0)
            {
                throw new IOException("a chunk is longer than it says");
            }
        }
    }

    private async ValueTask SkipTrailersAsync(CancellationToken cancel)
    {
        int bytes = 0;
        while (await ReadLineAsync(cancel).ConfigureAwait(false) is { Length: > 0 } line)
        {
            bytes += line.Length;
            if (bytes > HeadBytesMax)
            {
                throw new IOException("the end of the answer is too long");
            }
        }
    }

    private async ValueTask CopyAsync(MemoryStream body, long length, int bytesMax, CancellationToken cancel)
    {
        if (body.Length + length > bytesMax)
        {
            throw new IOException($"the answer has more than {bytesMax} bytes");
        }

        while (length > 0)
        {
            if (_start == _end)
            {
                await FillAsync(cancel).ConfigureAwait(false);
            }

            int taken = (int)Math.Min(length, _end - _start);
            body.Write(_buffer, _start, taken);
            _start += taken;
            length -= taken;
        }
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                string line = Encoding.ASCII.GetString(_buffer, _start, length).TrimEnd('\r');
                _start += length + 1;
                return line;
            }

            if (_end - _start >= HeadBytesMax)
            {
                throw new IOException("a line of the answer is too long");
            }

            await FillAsync(cancel).ConfigureAwait(false);
        }
    }

    private async ValueTask FillAsync(CancellationToken cancel)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = await ReadWithDeadlineAsync(_buffer.AsMemory(_end), cancel).ConfigureAwait(false);
        _end += read > 0 ? read : throw new EndOfStreamException("the connection ended");
    }

    private async ValueTask<int> ReadWithDeadlineAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(idle, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            return await stream.ReadAsync(buffer, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException("the other side was silent for too long");
        }
    }
}
