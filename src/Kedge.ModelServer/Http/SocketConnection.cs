using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// One accepted connection for Kestrel. Problem: the transport that comes with Kestrel reads 4 KiB at a time, which for
/// a tensor of some hundred KiB costs more than a millisecond. Approach: the same two loops between socket and pipes,
/// but a read that filled its buffer is followed by a large one. An idle connection holds no buffer. What comes is read
/// where the kernel told of it, and answered there where that is quick (see <see cref="RestApplication"/>).
/// Once all was sent, what still comes is read and dropped for a moment: closing a socket with bytes that nobody has
/// read takes from the client what it was sent last.
/// Invariants: both loops have ended and the socket is closed when <see cref="DisposeAsync"/> is done;
/// <c>ConnectionClosed</c> is cancelled once nothing more can be received.
/// </summary>
internal sealed class SocketConnection : DefaultConnectionContext
{
    private const int SmallRead = 4 * 1024;
    private const int LargeRead = 64 * 1024;

    private const int Write = 16 * 1024;
    private const int BlocksKept = 64;

    /// <summary>GOAWAY of no error that takes all streams there can be (RFC 9113 §6.8), and PING.</summary>
    private static readonly byte[] LeaveNotice =
    [
        0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
        0, 0, 8, 6, 0, 0, 0, 0, 0, .. "farewell"u8,
    ];

    private static readonly PipeOptions Incoming = Options(pause: 1024 * 1024, SmallRead);
    private static readonly PipeOptions Outgoing = Options(pause: 64 * 1024, Write);
    private static long _made;

    private readonly Socket _socket;
    private readonly Readable _readable;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _noticeHeard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private ConnectionAbortedException? _abort;
    private FrameTrace? _sent;
    private FrameTrace? _received;
    private bool _isShut;
    private int _isLeaving;
    private bool _isFollowed;
    private volatile bool _isNoticeDue;
    private long _changedAt = Environment.TickCount64;
    private volatile bool _isAnswered = true;

    internal SocketConnection(Socket socket)
        : base($"{Interlocked.Increment(ref _made)}")
    {
        _socket = socket;
        _socket.Blocking = false;
        _readable = ReadingThread.Of(socket);
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Pipe incoming = new(Incoming);
        Pipe outgoing = new(Outgoing);
        Transport = new TwoPipes(incoming.Reader, outgoing.Writer);
        Application = new TwoPipes(outgoing.Reader, incoming.Writer);
    }

    /// <summary>
    /// How long nothing has come or gone, in milliseconds; -1 while a request is being answered. On HTTP/1.1 also while
    /// something has come since the last answer: the begin of a request, for which Kestrel has a limit of its own. On
    /// HTTP/2 something comes without a request too.
    /// </summary>
    internal long IdleMs => Streams.IsEmpty && (SpeaksHttp2 || _isAnswered)
        ? Environment.TickCount64 - Volatile.Read(ref _changedAt)
        : -1;

    /// <summary>Requests that are being answered.</summary>
    internal OpenStreams Streams { get; } = new();

    /// <summary>True once it is known to speak HTTP/2.</summary>
    internal bool SpeaksHttp2 => _sent is not null;

    /// <summary>Begins to receive and send.</summary>
    internal SocketConnection Started()
    {
        _receiving = ReceiveAsync(Application!.Output); // Set by the constructor.
        _sending = SendAsync(Application.Input);
        return this;
    }

    /// <summary>To be told before the first byte is sent: what comes and goes is HTTP/2.</summary>
    internal void BeginHttp2() => _sent = new FrameTrace(prefaceBytes: 0);

    /// <summary>
    /// Tells a client of HTTP/2 to begin no more streams here, and lets the connection end once it has heard that and
    /// what it had begun is answered. Problem: Kestrel names the last stream that it takes as soon as none is open, and
    /// one that was just on its way then fails. Approach: the notice that RFC 9113 §6.8 asks for, a GOAWAY that takes
    /// all streams, and a PING behind it: what the client had begun before it read the one came before its answer to
    /// the other. Once only; whoever calls it again is not heard.
    /// </summary>
    internal void LeaveSoon()
    {
        if (Interlocked.Exchange(ref _isLeaving, 1) == 0)
        {
            _isNoticeDue = true;
            Application!.Input.CancelPendingRead(); // Set by the constructor.
            _ = EndAfterNoticeAsync();
        }
    }

    private async Task EndAfterNoticeAsync()
    {
        try
        {
            await _noticeHeard.Task.WaitAsync(ServeLimits.LeaveNoticeTime, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A client that answers nothing is not waited for.
        }

        Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Shut(abortReason);
        Application!.Input.CancelPendingRead(); // Set by the constructor.
    }

    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        await TakeLeaveAsync().ConfigureAwait(false);
        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Waits a moment for the peer to close too, then closes.</summary>
    private async Task TakeLeaveAsync()
    {
        await PeerLeavesAsync().ConfigureAwait(false);
        Shut(null);
        await _receiving.ConfigureAwait(false);
    }

    private Task PeerLeavesAsync() => _receiving.IsCompleted
        ? Task.CompletedTask
        : Task.WhenAny( // Never fails: it waits, and that is all.
            _receiving, Task.Delay(ServeLimits.FarewellTime, TimeProvider.System, _closed.Token));

    private static PipeOptions Options(long pause, int block) => new(
        new BlockPool(block, BlocksKept), PipeScheduler.Inline, PipeScheduler.Inline, pause, pause / 2, block,
        useSynchronizationContext: false);

    private async Task ReceiveAsync(PipeWriter pipe)
    {
        Exception? failure = null;
        try
        {
            await ReceiveUntilEndAsync(pipe).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            failure = WhyEnded(e);
        }
        finally
        {
            bool isOurs = IsShut(out ConnectionAbortedException? abort);
            await pipe.CompleteAsync(isOurs ? abort : failure).ConfigureAwait(false);

            // Not here and now: whoever listens may block.
            _ = ThreadPool.UnsafeQueueUserWorkItem(Cancel, _closed, preferLocal: false);
        }
    }

    private async Task ReceiveUntilEndAsync(PipeWriter pipe)
    {
        int size = SmallRead;
        int reads = 0;
        bool isDrained = true;
        while (true)
        {
            if (isDrained && !_readable.TryTake())
            {
                // Waits without a buffer: most connections are idle most of the time.
                await _readable;
                reads = 0;
            }
            else if (isDrained && !_readable.HasEnded && _socket.Available == 0)
            {
                // It was read together with what came before it.
                continue;
            }

            Memory<byte> buffer = pipe.GetMemory(size);
            int received = Receive(buffer.Span);
            if (received < 0)
            {
                isDrained = true;
                continue;
            }

            reads++;
            isDrained = received < buffer.Length;
            if (received == 0)
            {
                return;
            }

            if (received > ServeLimits.QuickBodyBytesMax)
            {
                // A long body is taken together by whoever waits for it, and that is done here.
                await ReadingThread.LeaveAsync();
            }

            Note(isAnswered: false);
            Follow(buffer.Span[..received]);
            pipe.Advance(received);
            size = received == buffer.Length ? LargeRead : SmallRead;
            FlushResult flushed = await pipe.FlushAsync().ConfigureAwait(false);
            if (_isLeaving != 0 && _received is { SawPong: true })
            {
                // Not before the flush: Kestrel must find what came before it.
                _ = _noticeHeard.TrySetResult();
            }

            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                await DropUntilEndAsync().ConfigureAwait(false);
                return;
            }

            if (reads == ServeLimits.ReadsAtOnce)
            {
                // Others are read on this thread too: who sends without end must not hold it.
                reads = 0;
                await ReadingThread.LeaveAsync();
            }
        }
    }

    /// <summary>Follows what comes where it may be HTTP/2, as no method but PRI begins so.</summary>
    private void Follow(ReadOnlySpan<byte> received)
    {
        if (!_isFollowed)
        {
            _isFollowed = true;
            int length = Math.Min(received.Length, 3);
            _received = received[..length].SequenceEqual("PRI"u8[..length])
                ? new FrameTrace(FrameTrace.ClientPrefaceBytes)
                : null;
        }

        _received?.Follow(received);
    }

    private async Task DropUntilEndAsync()
    {
        byte[] dropped = ArrayPool<byte>.Shared.Rent(SmallRead);
        try
        {
            int reads = 0;
            for (int received = 1; received != 0;)
            {
                // Nobody reads it any more.
                received = Receive(dropped);
                if (received < 0 && !_readable.TryTake())
                {
                    await _readable;
                    reads = 0;
                }
                else if (++reads == ServeLimits.ReadsAtOnce)
                {
                    reads = 0;
                    await ReadingThread.LeaveAsync();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(dropped);
        }
    }

    /// <summary>Reads what is there: its bytes, 0 at the end, -1 where there is nothing yet.</summary>
    private int Receive(Span<byte> buffer)
    {
        // Asked before: where the end is told just after, it is there with the next read.
        bool hadEnded = _readable.HasEnded;
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? received
            : error == SocketError.WouldBlock && !hadEnded ? -1
            : throw new SocketException((int)error);
    }

    /// <summary>Sends what the kernel takes at once.</summary>
    private int Send(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error is SocketError.Success or SocketError.WouldBlock ? sent : throw new SocketException((int)error);
    }

    private async Task SendAsync(PipeReader pipe)
    {
        bool isWhole = false;
        try
        {
            await SendUntilEndAsync(pipe).ConfigureAwait(false);
            isWhole = true;
            if (SpeaksHttp2)
            {
                // The client was told that nothing more comes, and closes: one that finds the connection gone before
                // it has read its last answer takes that for lost.
                await PeerLeavesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer has gone: whoever writes is told that nobody reads, which is no error of his.
        }
        finally
        {
            EndSending(isWhole);
            await pipe.CompleteAsync().ConfigureAwait(false);
            Application!.Output.CancelPendingFlush(); // Set by the constructor.
        }
    }

    private async Task SendUntilEndAsync(PipeReader pipe)
    {
        while (true)
        {
            ReadResult result = await pipe.ReadAsync().ConfigureAwait(false);
            if (result.IsCanceled && IsShut(out _))
            {
                return;
            }

            foreach (ReadOnlyMemory<byte> piece in result.Buffer)
            {
                int sent = Send(piece.Span);
                if (sent < piece.Length)
                {
                    // More than the kernel holds: who takes it fast must not hold the thread until its end.
                    _ = await _socket.SendAsync(piece[sent..], SocketFlags.None).ConfigureAwait(false);
                    await ReadingThread.LeaveAsync();
                }

                _sent?.Follow(piece.Span);
            }

            if (_isNoticeDue && _sent is { MayInsert: true } && !result.IsCompleted)
            {
                _isNoticeDue = false;
                _ = await _socket.SendAsync(LeaveNotice, SocketFlags.None).ConfigureAwait(false);
            }

            Note(isAnswered: true);
            pipe.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private void Note(bool isAnswered)
    {
        Volatile.Write(ref _changedAt, Environment.TickCount64);
        _isAnswered = isAnswered;
    }

    private void EndSending(bool isWhole)
    {
        if (!isWhole)
        {
            Shut(null);
            return;
        }

        lock (_gate)
        {
            try
            {
                if (!_isShut)
                {
                    _socket.Shutdown(SocketShutdown.Send);
                }
            }
            catch (SocketException)
            {
                // The peer was faster.
            }
        }
    }

    private void Shut(ConnectionAbortedException? reason)
    {
        lock (_gate)
        {
            if (_isShut)
            {
                return;
            }

            _isShut = true;
            _abort = reason;
            try
            {
                // Both ways: the peer sees the end after all that was sent, and the own receive returns.
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The peer was faster.
            }

            _socket.Dispose();
        }

        _readable.End();
    }

    /// <summary>True when the end came from here: whatever the socket said then is of no interest.</summary>
    private bool IsShut(out ConnectionAbortedException? abort)
    {
        lock (_gate)
        {
            abort = _abort;
            return _isShut;
        }
    }

    private static Exception WhyEnded(Exception failure) =>
        failure is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown }
            ? new ConnectionResetException(failure.Message, failure)
            : new ConnectionAbortedException(failure.Message, failure);

    private static void Cancel(CancellationTokenSource closed)
    {
        try
        {
            closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection was disposed of before this had its turn: nobody listens any more.
        }
    }

    private sealed class TwoPipes(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
