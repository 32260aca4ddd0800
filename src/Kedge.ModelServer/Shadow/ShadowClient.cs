using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Kedge.ModelServer.Http;

namespace Kedge.ModelServer.Shadow;

/// <summary>
/// Asks another model server over a connection that was handed in: HTTP/1.1 as far as one model server speaks it with
/// another, one request after the other. What the other end says is not trusted: it is read bounded.
/// </summary>
/// <param name="stream">The connection.</param>
internal sealed class ShadowClient(Stream stream) : IDisposable
{
    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ServeLimits.HeaderBytesMax);
    private int _filled;

    /// <summary>Sends a copy and waits for the answer.</summary>
    /// <param name="copy">The request.</param>
    /// <param name="cancel">Gives it up; the connection is of no more use then.</param>
    /// <returns>The answer; its body stands in <see cref="Body"/> until the next call.</returns>
    /// <exception cref="IOException">The other end is gone, or said something that is no answer.</exception>
    internal async Task<ShadowAnswer> AskAsync(ShadowCopy copy, CancellationToken cancel)
    {
        await stream.WriteAsync(Head(copy), cancel).ConfigureAwait(false);
        await stream.WriteAsync(copy.Request, cancel).ConfigureAwait(false);
        _filled = 0;
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf(HeadEnd)) < 0)
        {
            await FillAsync(ServeLimits.HeaderBytesMax, cancel).ConfigureAwait(false);
        }

        ShadowAnswer answer = Read(_buffer.AsSpan(0, end + 2), end + HeadEnd.Length);
        int bytesMax = ServeLimits.ShadowAnswerMax(copy.Answer.Length);
        if (answer.BodyBytes > bytesMax)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"its answer has {answer.BodyBytes} bytes, the one that was given {copy.Answer.Length}"));
        }

        while (_filled < answer.BodyStart + answer.BodyBytes)
        {
            await FillAsync(answer.BodyStart + answer.BodyBytes, cancel).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>The body of an answer.</summary>
    internal ReadOnlySpan<byte> Body(ShadowAnswer answer) => _buffer.AsSpan(answer.BodyStart, answer.BodyBytes);

    public void Dispose()
    {
        stream.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static byte[] Head(ShadowCopy copy)
    {
        string header = copy.RequestJsonBytes == copy.Request.Length ? "" : string.Create(
            CultureInfo.InvariantCulture, $"{RestApplication.HeaderLength}: {copy.RequestJsonBytes}\r\n");
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v2/models/{copy.Model}/infer HTTP/1.1\r\nHost: shadow\r\nContent-Length: {copy.Request.Length}\r\n")
            + header + "\r\n");
    }

    /// <summary>Reads what comes; the buffer grows to what is needed and no further.</summary>
    private async ValueTask FillAsync(int bytesMax, CancellationToken cancel)
    {
        if (_filled == _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(bytesMax, _buffer.Length * 4));
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        int room = Math.Min(bytesMax, _buffer.Length) - _filled;
        if (room <= 0)
        {
            throw new IOException("its answer is no answer of a model server");
        }

        int got = await stream.ReadAsync(_buffer.AsMemory(_filled, room), cancel).ConfigureAwait(false);
        _filled += got > 0 ? got : throw new IOException("it ended the connection without an answer");
    }

    private static ShadowAnswer Read(ReadOnlySpan<byte> head, int bodyStart)
    {
        int? status = Number(head, "HTTP/1.1 "u8);
        int? length = Number(head, "\r\nContent-Length: "u8);
        if (status is null || length is null)
        {
            throw new IOException("its answer is no answer of a model server");
        }

        return new ShadowAnswer(
            status.Value,
            bodyStart, length.Value, Number(head, "\r\nInference-Header-Content-Length: "u8) ?? length.Value,
            head.IndexOf("\r\nConnection: close"u8) >= 0);
    }

    private static int? Number(ReadOnlySpan<byte> head, ReadOnlySpan<byte> after)
    {
        int at = head.IndexOf(after);
        return at >= 0 && Utf8Parser.TryParse(head[(at + after.Length)..], out int value, out _) && value >= 0
            ? value
            : null;
    }
}

/// <summary>What another model server answered.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="BodyStart">Where its body begins in the buffer.</param>
/// <param name="BodyBytes">Length of the body.</param>
/// <param name="JsonBytes">How much of the body is JSON.</param>
/// <param name="Closes">True when the connection ends with it.</param>
internal readonly record struct ShadowAnswer(int Status, int BodyStart, int BodyBytes, int JsonBytes, bool Closes);
