using System.Globalization;
using System.Text;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// The answering side of HTTP/1.1 on one connection: heads of requests in, answers of a known length out, a deadline on
/// each. It throws <see cref="IOException"/> or <see cref="OperationCanceledException"/> when the other side is gone or
/// too slow.
/// </summary>
/// <param name="stream">Connected.</param>
/// <param name="time">For the deadlines.</param>
internal sealed class PeerConnection(Stream stream, TimeProvider time) : IDisposable
{
    private readonly byte[] _buffer = new byte[PeerLimits.HeadBytesMax];
    private readonly CancellationTokenSource _yield = new();
    private int _filled;
    private long _idleSince; // 0 while a request is read or answered

    /// <summary>For how long it has been without a request; zero while one is worked on. From any thread.</summary>
    internal TimeSpan Idle => Interlocked.Read(ref _idleSince) is > 0 and var since
        ? time.GetElapsedTime(since)
        : TimeSpan.Zero;

    /// <summary>Ends it where it waits for a request; from any thread.</summary>
    internal void Yield() => _yield.Cancel();

    public void Dispose() => _yield.Dispose();

    /// <summary>The next request; null when the other side is done.</summary>
    internal async ValueTask<Asked?> ReadAsync(CancellationToken cancel)
    {
        bool isBegun = _filled > 0;
        using CancellationTokenSource deadline =
            new(isBegun ? PeerLimits.HeadDeadline : PeerLimits.IdleMax, time);
        using CancellationTokenSource both =
            CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _yield.Token, cancel);
        Interlocked.Exchange(ref _idleSince, isBegun ? 0 : time.GetTimestamp());
        while (true)
        {
            int end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                PeerRequest? request = PeerRequest.TryRead(_buffer.AsSpan(0, end));
                _buffer.AsSpan(end + 4, _filled - end - 4).CopyTo(_buffer);
                _filled -= end + 4;
                return new Asked(request);
            }

            if (_filled == _buffer.Length)
            {
                return new Asked(null);
            }

            int read = await stream.ReadAsync(_buffer.AsMemory(_filled), both.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return null;
            }

            if (!isBegun)
            {
                isBegun = true;
                Interlocked.Exchange(ref _idleSince, 0);
                deadline.CancelAfter(PeerLimits.HeadDeadline);
            }

            _filled += read;
        }
    }

    /// <summary>Writes the head of an answer and its body, or the beginning of it.</summary>
    internal async ValueTask WriteAsync(
        int status, string type, long length, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        byte[] head = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} {(status == 200 ? "OK" : "Error")}\r\nContent-Type: {type}\r\n"
            + $"Content-Length: {length}\r\n\r\n"));
        bool isSmall = body.Length <= PeerLimits.HeadBytesMax;
        await WriteAsync(isSmall ? (byte[])[.. head, .. body.Span] : head, cancel).ConfigureAwait(false);
        if (!isSmall)
        {
            await WriteAsync(body, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Goes on with a body.</summary>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(PeerLimits.TakeDeadline, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        await stream.WriteAsync(bytes, both.Token).ConfigureAwait(false);
    }

    /// <summary>One request as it came.</summary>
    /// <param name="What">What is asked; null when it is nothing that there is.</param>
    internal sealed record Asked(PeerRequest? What);
}
