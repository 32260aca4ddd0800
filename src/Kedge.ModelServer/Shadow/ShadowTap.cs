using System.Threading.Channels;
using Kedge.Core;
using Kedge.Inference.Control;
using Kedge.Inference.Golden;
using Kedge.ModelServer.Http;

namespace Kedge.ModelServer.Shadow;

/// <summary>
/// Sends copies of live requests to another model server and compares its answers with those that were given.
/// <para>Problem: the other one may be slow, hang, die or answer nonsense, and no client may notice that it is
/// there.</para>
/// <para>Approach: a request that was answered well is copied with its answer into a bounded queue, and dropped where
/// that is full; one task takes copies from there, one at a time. The requests themselves only ever copy
/// memory.</para>
/// <para>Invariants: no more than <see cref="ServeLimits.ShadowBytesMax"/> bytes wait; an answer of the other one goes
/// nowhere but into a count; it ends when nobody asked about it for <see cref="Limits.ShadowLease"/>, so that it does
/// not
/// outlive whoever wanted it.</para>
/// </summary>
internal sealed class ShadowTap : IDisposable
{
    private readonly Channel<ShadowCopy> _queue = Channel.CreateBounded<ShadowCopy>(
        new BoundedChannelOptions(ServeLimits.ShadowQueueMax) { SingleReader = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly uint _sharePpm;
    private readonly double _tolerance;
    private readonly ITimer _lease;
    private Task _work = Task.CompletedTask;
    private string _first = "";
    private long _seen;
    private long _waitingBytes;
    private long _compared;
    private long _agreed;
    private long _dropped;
    private volatile bool _hasEnded;
    private volatile bool _isConnected;

    /// <summary>A tap without a connection yet.</summary>
    /// <param name="id">For whom.</param>
    /// <param name="sharePpm">Requests that are copied, in a million.</param>
    /// <param name="tolerancePpm">How far floating-point values may be apart, in millionths.</param>
    /// <param name="time">The clock.</param>
    /// <param name="leaseOver">Called when nobody asked for too long, on any thread.</param>
    internal ShadowTap(string id, int sharePpm, int tolerancePpm, TimeProvider time, Action leaseOver)
    {
        Id = id;
        _sharePpm = (uint)sharePpm;
        _tolerance = tolerancePpm / 1e6;
        _time = time;
        _started = time.GetTimestamp();
        _lease = time.CreateTimer(
            _ => leaseOver(), null, Limits.ShadowLease, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For whom.</summary>
    internal string Id { get; }

    /// <summary>True once nothing is copied any more, for good.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>Sends over a connection from now on, unless there is one that stands; takes ownership of it.</summary>
    internal void Connect(Stream connection)
    {
        lock (_gate)
        {
            if (_isConnected || _hasEnded)
            {
                connection.Dispose();
                return;
            }

            _isConnected = true;
            Task before = _work;
            _work = Task.Run(() => WorkAsync(connection, before));
        }
    }

    /// <summary>
    /// Copies a request that was answered well, if it is its turn and there is room. Never waits and never throws for
    /// what the other one does.
    /// </summary>
    /// <param name="model">The model that was asked.</param>
    /// <param name="request">Body of the request.</param>
    /// <param name="requestJsonBytes">How much of it is JSON.</param>
    /// <param name="answer">Body of the answer.</param>
    /// <param name="answerJsonBytes">How much of it is JSON.</param>
    internal void Offer(
        string model, ReadOnlySpan<byte> request, int requestJsonBytes, ReadOnlySpan<byte> answer, int answerJsonBytes)
    {
        if (Draws())
        {
            Copy(model, request, requestJsonBytes, answer, answerJsonBytes);
        }
    }

    /// <summary>True when it is the turn of the request at hand: asked once for each.</summary>
    internal bool Draws() => _isConnected && IsDrawn((ulong)Interlocked.Increment(ref _seen));

    /// <summary>Copies a request whose turn it is, where there is room. See <see cref="Offer"/>.</summary>
    internal void Copy(
        string model, ReadOnlySpan<byte> request, int requestJsonBytes, ReadOnlySpan<byte> answer, int answerJsonBytes)
    {
        long bytes = (long)request.Length + answer.Length;
        if (Interlocked.Add(ref _waitingBytes, bytes) <= ServeLimits.ShadowBytesMax)
        {
            ShadowCopy copy = new(model, request, requestJsonBytes, answer, answerJsonBytes);
            if (_queue.Writer.TryWrite(copy))
            {
                return;
            }

            copy.Release();
        }

        Interlocked.Add(ref _waitingBytes, -bytes);
        Interlocked.Increment(ref _dropped);
    }

    /// <summary>What was compared so far. Whoever asks wants it to go on.</summary>
    internal ControlShadow Read()
    {
        _ = _lease.Change(Limits.ShadowLease, Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            return new ControlShadow
            {
                Id = Id,
                Connected = _isConnected,
                ElapsedMs = (long)_time.GetElapsedTime(_started).TotalMilliseconds,
                Compared = _compared,
                Agreed = _agreed,
                Dropped = Interlocked.Read(ref _dropped),
                First = _first,
            };
        }
    }

    /// <summary>Copies nothing any more and closes the connection; what was under way counts for nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            _isConnected = false;
        }

        _lease.Dispose();
        _ = _queue.Writer.TryComplete();
        _stop.Cancel();
    }

    /// <summary>
    /// Draws by a hash of the request's number (splitmix64): every nth request would be the same sensor each time.
    /// </summary>
    private bool IsDrawn(ulong number)
    {
        ulong z = number * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return ((z >> 32) * 1_000_000) >> 32 < _sharePpm;
    }

    private async Task WorkAsync(Stream connection, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using ShadowClient client = new(connection);
        try
        {
            bool goesOn = true;
            while (goesOn && await NextAsync().ConfigureAwait(false) is { } copy)
            {
                goesOn = await CompareAsync(client, copy).ConfigureAwait(false);
                Release(copy);
            }
        }
        finally
        {
            while (_queue.Reader.TryRead(out ShadowCopy? left))
            {
                Release(left);
                Interlocked.Increment(ref _dropped);
            }

            // Last: what is offered to the next connection is not to be dropped here.
            _isConnected = false;
        }
    }

    private void Release(ShadowCopy copy)
    {
        copy.Release();
        Interlocked.Add(ref _waitingBytes, -copy.Bytes);
    }

    /// <summary>The next copy; null when there will be none.</summary>
    private async ValueTask<ShadowCopy?> NextAsync()
    {
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (_queue.Reader.TryRead(out ShadowCopy? copy))
            {
                return copy;
            }
        }

        return null;
    }

    /// <summary>Asks and counts; false when the connection is of no more use.</summary>
    private async Task<bool> CompareAsync(ShadowClient client, ShadowCopy copy)
    {
        using CancellationTokenSource late = new(ServeLimits.ShadowAnswerTime, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
        try
        {
            ShadowAnswer answer = await client.AskAsync(copy, either.Token).ConfigureAwait(false);

            // Comparing takes a while.
            await ReadingThread.LeaveAsync();
            Count(AnswerComparison.Difference(
                copy.Answer.Span, copy.AnswerJsonBytes, client.Body(answer), answer.JsonBytes, _tolerance));
            return !answer.Closes;
        }
        catch (OperationCanceledException)
        {
            Count($"it did not answer within {ServeLimits.ShadowAnswerTime.TotalSeconds} s");
        }
        catch (IOException failure)
        {
            Count(failure.Message);
        }

        return false;
    }

    private void Count(string? difference)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _compared++;
            _agreed += difference is null ? 1 : 0;
            if (difference is not null && _first.Length == 0)
            {
                _first = difference.Length <= ServeLimits.ShadowWordsMax
                    ? difference
                    : difference[..ServeLimits.ShadowWordsMax];
            }
        }
    }
}
