using System.Collections.Immutable;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Wire;

namespace Kedge.Agent.Loop;

/// <summary>
/// Keeps the link up and empties the spool over it. Lives on the loop: every method is called there. Messages go out in
/// order, at most <see cref="Limits.LinkInFlightMax"/> unacknowledged; the watermark rises to below the oldest that is
/// still out; after a new connection everything above the watermark goes out again.
/// </summary>
internal sealed class LinkPump
{
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);
    private readonly IDeviceLink _link;
    private readonly Spool _spool;
    private readonly Mailbox _mailbox;
    private readonly LoopClock _clock;
    private readonly Rng _rng;
    private readonly AgentIdentity _identity;
    private readonly ImmutableArray<string> _topics;
    private readonly Action<LinkDelivery> _desired;
    private readonly SortedSet<long> _out = [];
    private ILinkConnection? _connection;
    private long _epoch;
    private long _sent;
    private long _acked;
    private int _failures;
    private bool _isConnecting;
    private TimeSpan _since;

    internal LinkPump(LoopParts parts, IDeviceLink link, Spool spool, Action<LinkDelivery> desired)
    {
        _link = link;
        _spool = spool;
        _mailbox = parts.Mailbox;
        _clock = parts.Clock;
        _rng = parts.Rng;
        _identity = parts.Identity;
        _desired = desired;
        _topics = [TopicOf(Topics.Desired), TopicOf(Topics.Ask)];
        Log = parts.Options.Log;
    }

    /// <summary>When the next attempt to connect is due; null while connected or connecting.</summary>
    internal TimeSpan? Due { get; private set; } = TimeSpan.Zero;

    /// <summary>True while connected and subscribed.</summary>
    internal bool IsUp => _connection is not null;

    /// <summary>Why it is not up; null while it is.</summary>
    internal Problem? Problem { get; private set; }

    /// <summary>Connections that were made since the start.</summary>
    internal long Connections { get; private set; }

    /// <summary>Called when a connection is up and subscribed.</summary>
    internal Action? OnConnected { get; init; }

    /// <summary>Takes questions.</summary>
    internal required Action<LinkDelivery> OnAsked { get; init; }

    private AgentLog? Log { get; }

    /// <summary>Connects when it is time, and sends what waits.</summary>
    internal void Pump(CancellationToken cancel)
    {
        if (_connection is null)
        {
            ConnectWhenDue(cancel);
            return;
        }

        foreach (SpoolRecord record in _spool.Above(_sent).Take(Limits.LinkInFlightMax - _out.Count).ToArray())
        {
            _sent = record.Sequence;
            if (_spool.Read(record) is { } bytes)
            {
                Send(_connection, record.Sequence, bytes, cancel);
            }
        }
    }

    /// <summary>A certificate was renewed or the network changed: connect now rather than later.</summary>
    internal void Hurry()
    {
        if (_connection is null && !_isConnecting)
        {
            Due = _clock.Now;
        }
    }

    /// <summary>
    /// Sends a message over the connection that is up, outside the spool: it is dropped when there is none, and never
    /// sent again. It waits behind reports that fill the broker's window.
    /// </summary>
    /// <param name="leaf">Last part of its topic.</param>
    /// <param name="message">The message.</param>
    /// <param name="then">Called on the loop when nothing of it is left here, with what became of it.</param>
    /// <param name="cancel">The agent stops.</param>
    internal void SendNow(string leaf, byte[] message, Action<PublishOutcome> then, CancellationToken cancel)
    {
        if (_connection is not { } connection)
        {
            then(new PublishOutcome.Lost());
            return;
        }

        _mailbox.Run(
            c => connection.PublishAsync(TopicOf(leaf), message, c),
            outcome =>
            {
                if (outcome is PublishOutcome.Refused refused)
                {
                    Log?.Warn($"{leaf}-refused", ("message", refused.Reason));
                }

                then(outcome);
            },
            cancel);
    }

    internal async ValueTask CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void ConnectWhenDue(CancellationToken cancel)
    {
        if (_isConnecting || Due is null || Due > _clock.Now)
        {
            return;
        }

        _isConnecting = true;
        Due = null;
        long epoch = ++_epoch;
        _mailbox.Run(
            c => _link.ConnectAsync(
                _topics,
                delivery => _mailbox.Post(() => Receive(epoch, delivery)),
                c),
            outcome => Connected(epoch, outcome, cancel),
            cancel);
    }

    private void Receive(long epoch, LinkDelivery delivery)
    {
        if (epoch != _epoch)
        {
            return;
        }

        if (delivery.Topic == _topics[1])
        {
            OnAsked(delivery);
        }
        else if (delivery.Topic == _topics[0])
        {
            _desired(delivery);
        }
        else
        {
            // Not acknowledged: whoever sent it learns that nobody here took it.
            Log?.Warn("topic-unknown", ("topic", delivery.Topic));
        }
    }

    private string TopicOf(string leaf) => Topics.Of(_identity.Tenant, _identity.Device, leaf);

    private void Connected(long epoch, LinkOutcome outcome, CancellationToken cancel)
    {
        _isConnecting = false;
        switch (outcome)
        {
            case LinkOutcome.Connected connected:
                Problem = null;
                Connections++;
                _since = _clock.Now;
                _connection = connected.Connection;
                _sent = _acked;
                _out.Clear();
                Log?.Say("link-up", ("connections", Connections));
                OnConnected?.Invoke();
                _mailbox.Run(
                    async _ => await connected.Connection.Closed.ConfigureAwait(false),
                    why => Closed(epoch, why),
                    cancel);
                break;
            case LinkOutcome.Unreachable unreachable:
                Retry(unreachable.Problem, isRefused: false);
                break;
            case LinkOutcome.Refused refused:
                Retry(refused.Problem, isRefused: true);
                break;
        }
    }

    private void Closed(long epoch, string why)
    {
        if (epoch != _epoch || _connection is not { } connection)
        {
            return;
        }

        _connection = null;
        _failures = _clock.Now - _since >= StableAfter ? 0 : _failures;
        _mailbox.Run(_ => connection.DisposeAsync(), null, CancellationToken.None);
        Retry(new Problem(AgentErrors.Unreachable.Code, why), isRefused: false);
    }

    private void Retry(Problem problem, bool isRefused)
    {
        if (problem != Problem)
        {
            Log?.Warn("link-down", ("code", problem.Code), ("message", problem.Message));
        }

        Problem = problem;
        double doubled = AgentLimits.LinkDelayMin.Ticks * Math.Pow(2, Math.Min(_failures, 20));
        double ceiling = isRefused
            ? AgentLimits.LinkDelayMax.Ticks
            : Math.Min(AgentLimits.LinkDelayMax.Ticks, doubled);
        _failures++;
        Due = _clock.Now + TimeSpan.FromTicks((long)(ceiling * (0.5 + (_rng.Fraction() / 2))));
    }

    private void Send(ILinkConnection connection, long sequence, byte[] bytes, CancellationToken cancel)
    {
        long epoch = _epoch;
        _ = _out.Add(sequence);
        _mailbox.Run(
            c => connection.PublishAsync(TopicOf(Topics.Reported), bytes, c),
            outcome => Published(epoch, sequence, outcome),
            cancel);
    }

    private void Published(long epoch, long sequence, PublishOutcome outcome)
    {
        if (epoch != _epoch || outcome is PublishOutcome.Lost)
        {
            return;
        }

        if (outcome is PublishOutcome.Refused refused)
        {
            Log?.Warn("message-refused", ("sequence", sequence), ("message", refused.Reason));
        }

        _ = _out.Remove(sequence);
        _acked = Math.Max(_acked, _out.Count == 0 ? _sent : _out.Min - 1);
        if (_out.Count == 0 || _out.Min - 1 >= sequence)
        {
            _spool.Acknowledge(_acked);
        }
    }
}
