using System.Buffers;
using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// One connection's shell: bytes between a stream and a session.
/// <para>Problem: a server holds very many connections that are idle nearly always, so that each task, queue and buffer
/// kept for one
/// counts. Approach: one loop reads and runs what the session asks of its owner; everything else (a message to send, an
/// acknowledgement, a
/// timer) enters through one gate, does its step without waiting, and leaves its bytes in the outbox; a flush exists
/// only while there are bytes.
/// Invariants: the session is only touched inside the gate; nothing is awaited inside it; effects for the owner come
/// from the
/// loop alone, hence in order; all queues are bounded by the session's limits and the outbox by its own.</para>
/// </summary>
internal sealed class Link
{
    // How long a peer that was told to go may take to close its end.
    private static readonly TimeSpan LingerMax = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly PacketSource _source;
    private readonly Outbox _outbox = new();
    private readonly MqttLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<MqttClosed> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<long, TaskCompletionSource<MqttPublishOutcome>> _publishes = [];
    private readonly Dictionary<long, TaskCompletionSource<MqttSubscribeOutcome>> _subscribes = [];
    private ISessionDriver? _session;
    private ITimer? _timer;
    private TimeSpan _timerDue = TimeSpan.MaxValue;
    private TimeSpan _writeStarted;
    private Task _flush = Task.CompletedTask;
    private TimeSpan? _lingersUntil;
    private bool _isFlushing;
    private bool _isReading;
    private MqttClosed? _close;
    private long _lastToken;

    public Link(Stream stream, MqttLinkOptions options, TimeProvider time)
    {
        _stream = stream;
        _source = new PacketSource(stream);
        _options = options;
        _time = time;
        _started = time.GetTimestamp();
    }

    /// <summary>Ends when the connection has ended and everything that waited for it was told.</summary>
    public Task<MqttClosed> Closed => _closed.Task;

    /// <summary>Monotonic time since the link was made.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_started);

    private ISessionDriver Session
    {
        get
        {
            Check.That(_session is not null);
            return _session;
        }
    }

    /// <summary>Once, first.</summary>
    public void Use(ISessionDriver session) => _session = session;

    /// <summary>
    /// Does one step of the session, sends what it wants sent, and gives the effects that are left to the owner.
    /// </summary>
    public ImmutableArray<MqttEffect> Step(Func<TimeSpan, ImmutableArray<MqttEffect>> step, bool flushes = true)
    {
        ImmutableArray<MqttEffect> effects;
        lock (_gate)
        {
            effects = step(Now);
            foreach (MqttEffect effect in effects)
            {
                Absorb(effect);
            }

            Arm();
        }

        if (flushes || _close is not null)
        {
            StartFlush();
        }

        return effects;
    }

    private void Absorb(MqttEffect effect)
    {
        switch (effect)
        {
            case MqttEffect.Send(var packet):
                MqttProtocolError? error =
                    MqttWriter.Write(_outbox, packet, Session.Version, Session.PeerPacketBytesMax);

                // Messages and subscriptions were measured by the session; an answer that does not fit a tiny maximum
                // is left out.
                Check.That(error is null or { Reason: MqttReasonCode.PacketTooLarge });
                break;
            case MqttEffect.PublishDone(var token, var reason, var text):
                EndPublish(token, new MqttPublishOutcome.Answered(reason, text));
                break;
            case MqttEffect.PublishRefused(var token, var refusal):
                EndPublish(token, new MqttPublishOutcome.NotSent(refusal));
                break;
            case MqttEffect.SubscribeDone(var token, var reasons):
                EndSubscribe(token, new MqttSubscribeOutcome.Answered(reasons));
                break;
            case MqttEffect.SubscribeRefused(var token, var refusal):
                EndSubscribe(token, new MqttSubscribeOutcome.NotSent(refusal));
                break;
            case MqttEffect.Close close:
                _close = new MqttClosed(close.Reason, close.By, close.Message);
                break;
        }
    }

    private void EndPublish(long token, MqttPublishOutcome outcome)
    {
        if (_publishes.Remove(token, out TaskCompletionSource<MqttPublishOutcome>? waiter))
        {
            waiter.SetResult(outcome);
        }
    }

    private void EndSubscribe(long token, MqttSubscribeOutcome outcome)
    {
        if (_subscribes.Remove(token, out TaskCompletionSource<MqttSubscribeOutcome>? waiter))
        {
            waiter.SetResult(outcome);
        }
    }

    /// <summary>Sends a message; ends when it is answered, refused, or the connection ends.</summary>
    public Task<MqttPublishOutcome> PublishAsync(MqttPacket.Publish message)
    {
        TaskCompletionSource<MqttPublishOutcome> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Step(now =>
        {
            if (_close is not null)
            {
                waiter.SetResult(new MqttPublishOutcome.ConnectionEnded(_close));
                return [];
            }

            if (_outbox.Bytes >= _options.OutboxBytesMax)
            {
                waiter.SetResult(new MqttPublishOutcome.NotSent(new MqttProtocolError(
                    MqttReasonCode.QuotaExceeded, "Too many bytes wait for the peer already.")));
                return [];
            }

            _publishes.Add(++_lastToken, waiter);
            return Session.Publish(_lastToken, message, now);
        });
        return waiter.Task;
    }

    /// <summary>Sends a SUBSCRIBE or UNSUBSCRIBE.</summary>
    public Task<MqttSubscribeOutcome> SubscribeAsync(Func<long, TimeSpan, ImmutableArray<MqttEffect>> step)
    {
        TaskCompletionSource<MqttSubscribeOutcome> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Step(now =>
        {
            if (_close is not null)
            {
                waiter.SetResult(new MqttSubscribeOutcome.ConnectionEnded(_close));
                return [];
            }

            _subscribes.Add(++_lastToken, waiter);
            return step(_lastToken, now);
        });
        return waiter.Task;
    }

    /// <summary>Reads until the connection ends; then tells everybody. Throws nothing but broken invariants.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration stop = cancellationToken.Register(
            () => Step(
                now => Session.Disconnect(MqttReasonCode.ServerShuttingDown, "This side is shutting down.", now)));
        Exception? fault = null;
        try
        {
            await ReadAllAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            // The close that cancelled has said why.
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException
            or System.Net.Sockets.SocketException)
        {
            Step(now => Session.Lose(exception.Message, now));
        }
        catch (Exception exception)
        {
            fault = exception;
            Step(now => Session.Disconnect(MqttReasonCode.UnspecifiedError, "A handler failed.", now));
        }

        await EndAsync(fault).ConfigureAwait(false);
    }

    private async Task ReadAllAsync()
    {
        while (_close is null)
        {
            if (!_source.HasBytes)
            {
                await PauseAsync().ConfigureAwait(false);
            }

            SetReading(true);
            MqttReadResult? read =
                await _source.ReadAsync(Session.Version, Session.Limits, _abort.Token).ConfigureAwait(false);
            SetReading(false);
            if (read is not { } result)
            {
                Step(now => Session.Lose("The peer closed the connection without DISCONNECT.", now));
                return;
            }

            ImmutableArray<MqttEffect> effects = result.Packet is { } packet
                ? Step(now => Session.Receive(packet, now), flushes: !_source.HasBytes)
                : Step(now => Session.ReceiveInvalid(result.Error!, now)); // Set whenever there is no packet.
            foreach (MqttEffect effect in effects)
            {
                await Session.RunAsync(effect, _abort.Token).ConfigureAwait(false);
            }
        }

        StartFlush();
        await _source.DiscardAsync(_abort.Token).ConfigureAwait(false);
    }

    // Between two batches of input: send what is due, and let a slow peer catch up before more is read from it.
    private async Task PauseAsync()
    {
        StartFlush();
        Task flush;
        bool isFull;
        lock (_gate)
        {
            flush = _flush;
            isFull = _outbox.Bytes >= _options.OutboxBytesMax;
        }

        if (isFull)
        {
            await flush.ConfigureAwait(false);
        }
    }

    private void SetReading(bool isReading)
    {
        lock (_gate)
        {
            _isReading = isReading;
            Session.Resume(Now);
        }
    }

    private void StartFlush()
    {
        lock (_gate)
        {
            if (_isFlushing)
            {
                return;
            }

            if (_outbox.Bytes > 0)
            {
                _isFlushing = true;
                _flush = FlushAsync();
                return;
            }

            if (!MayAbort())
            {
                return;
            }
        }

        _abort.Cancel();
    }

    // Called in the gate, when all is sent. A peer that was told why is given time to read it and to close: closing at
    // once
    // over bytes that nobody has read would reset the connection, and the last packet would be lost with it.
    private bool MayAbort()
    {
        if (_close is null)
        {
            return false;
        }

        if (_close.By is MqttCloseBy.Peer or MqttCloseBy.Network || _close.Reason == MqttReasonCode.KeepAliveTimeout)
        {
            return true;
        }

        _lingersUntil ??= Now + LingerMax;
        Arm();
        return false;
    }

    private async Task FlushAsync()
    {
        // Leaves the gate before it touches the stream.
        await Task.Yield();
        bool isOver;
        while (TryTake(out ArraySegment<byte> bytes, out isOver))
        {
            try
            {
                await _stream.WriteAsync(bytes, _abort.Token).ConfigureAwait(false);
                await _stream.FlushAsync(_abort.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException
                or OperationCanceledException or System.Net.Sockets.SocketException)
            {
                Step(now => Session.Lose(exception.Message, now));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(bytes.Array!); // Only taken when it holds bytes.
            }
        }

        if (isOver)
        {
            await _abort.CancelAsync().ConfigureAwait(false);
        }
    }

    private bool TryTake(out ArraySegment<byte> bytes, out bool isOver)
    {
        lock (_gate)
        {
            _isFlushing = _outbox.Bytes > 0;
            bytes = _isFlushing ? _outbox.Take() : default;
            _writeStarted = Now;
            isOver = !_isFlushing && MayAbort();
            Arm();
            return _isFlushing;
        }
    }

    private TimeSpan? NextDeadline
    {
        get
        {
            TimeSpan? write = _isFlushing ? _writeStarted + _options.WriteTimeout : null;
            TimeSpan? session = _lingersUntil ?? Session.NextDeadline;
            return write is null || session < write ? session : write;
        }
    }

    // The timer is moved only to an earlier time: a deadline that moved away is found when it fires.
    private void Arm()
    {
        if (NextDeadline is not { } deadline || deadline >= _timerDue || _closed.Task.IsCompleted)
        {
            return;
        }

        _timerDue = deadline;
        TimeSpan wait = deadline > Now ? deadline - Now : TimeSpan.Zero;
        wait += TimeSpan.FromMilliseconds(1); // Timers may fire a little early.
        _timer ??= _time.CreateTimer(
            static link => ((Link)link!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        bool isStuck = false;
        Step(now =>
        {
            _timerDue = TimeSpan.MaxValue;
            if (now >= _lingersUntil)
            {
                isStuck = true;
                return [];
            }

            isStuck = _isFlushing && now >= _writeStarted + _options.WriteTimeout;
            if (isStuck)
            {
                return Session.Lose("The peer did not read for too long.", now);
            }

            if (!_isReading)
            {
                // The owner keeps the peer waiting: its silence does not count.
                Session.Resume(now);
            }

            return Session.Tick(now);
        });
        if (isStuck)
        {
            _abort.Cancel();
        }
    }

    private async Task EndAsync(Exception? fault)
    {
        StartFlush();
        await _flush.ConfigureAwait(false);
        _abort.Cancel();
        MqttClosed closed;
        lock (_gate)
        {
            Check.That(_close is not null);
            closed = _close with { Fault = fault };
            foreach (TaskCompletionSource<MqttPublishOutcome> waiter in _publishes.Values)
            {
                waiter.SetResult(new MqttPublishOutcome.ConnectionEnded(closed));
            }

            foreach (TaskCompletionSource<MqttSubscribeOutcome> waiter in _subscribes.Values)
            {
                waiter.SetResult(new MqttSubscribeOutcome.ConnectionEnded(closed));
            }

            _publishes.Clear();
            _subscribes.Clear();
            _timer?.Dispose();
            _timer = null;
            _closed.SetResult(closed);
        }

        _source.Release();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}
