using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// The client's end of one connection as a machine: packets, commands and the time go in, effects come out.
/// <para>Problem: an MQTT connection is a web of counters and deadlines that must be exact under any order of events.
/// Approach:
/// no I/O and no clock here; <c>now</c> is monotonic time since any fixed moment. Invariants: a message is answered by
/// PUBACK only after
/// <see cref="Acknowledge"/>; never more unanswered messages than the peer announced; after
/// <see cref="MqttEffect.Close"/> no
/// effect follows. Deliberately absent: QoS 2 and sessions that outlive a connection, so the state is a plain object
/// that is never
/// stored. Not thread safe: the owner gives one event at a time.</para>
/// </summary>
public sealed class MqttClientSession
{
    private readonly MqttClientSessionOptions _options;
    private readonly MessageExchange _exchange;
    private TimeSpan _keepAlive;
    private TimeSpan? _waitsSince;
    private bool _isOpen;

    /// <summary>A session that has not sent CONNECT yet.</summary>
    public MqttClientSession(MqttClientSessionOptions options)
    {
        _options = options;
        _keepAlive = TimeSpan.FromSeconds(options.KeepAliveSeconds);
        _exchange = new MessageExchange(options.ReceiveMaximum, options.TopicAliasMaximum, options.SendQueueDepthMax)
        {
            Version = options.Version,
        };
    }

    /// <summary>True between an accepting CONNACK and the close.</summary>
    public bool IsOpen => _isOpen && !_exchange.IsClosed;

    /// <summary>Largest packet that the server takes, bytes.</summary>
    public uint PeerPacketBytesMax => _exchange.PeerPacketBytesMax;

    /// <summary>The server's CONNACK, once there.</summary>
    public MqttPacket.ConnAck? Answer { get; private set; }

    /// <summary>When <see cref="Tick"/> is due, on the clock of <c>now</c>; null for never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            if (_exchange.IsClosed)
            {
                return null;
            }

            if (_waitsSince is { } since)
            {
                TimeSpan heard = _isOpen && _exchange.LastReceived > since ? _exchange.LastReceived : since;
                return heard + _options.ResponseTimeout;
            }

            return _isOpen && _keepAlive > TimeSpan.Zero ? LastSign + PingAfter : null;
        }
    }

    // A silent server is noticed as well as a silent client is: whichever direction has been quiet longer decides.
    private TimeSpan LastSign =>
        _exchange.LastSent < _exchange.LastReceived ? _exchange.LastSent : _exchange.LastReceived;

    // Nine tenths: the ping must have been sent before the period ends (MQTT-3.1.2-20).
    private TimeSpan PingAfter => _keepAlive * 0.9;

    /// <summary>Sends CONNECT. Once, first.</summary>
    public ImmutableArray<MqttEffect> Connect(TimeSpan now)
    {
        Check.That(_waitsSince is null && !_isOpen);
        _exchange.Now = now;
        _waitsSince = now;
        _exchange.Send(new MqttPacket.Connect
        {
            Version = _options.Version,
            CleanStart = true,
            KeepAliveSeconds = _options.KeepAliveSeconds,
            ClientId = _options.ClientId,
            UserName = _options.UserName,
            Password = _options.Password,
            Will = _options.Will,
            Properties = new MqttProperties
            {
                ReceiveMaximum = _options.ReceiveMaximum,
                TopicAliasMaximum = _options.TopicAliasMaximum,
                PacketBytesMax = (uint)_options.PacketBytesMax,
            },
        });
        return _exchange.Drain();
    }

    /// <summary>A packet has come from the server.</summary>
    public ImmutableArray<MqttEffect> Receive(MqttPacket packet, TimeSpan now)
    {
        if (_exchange.IsClosed)
        {
            return [];
        }

        _exchange.Now = now;
        _exchange.LastReceived = now;
        if (_isOpen)
        {
            ReceiveOpen(packet);
        }
        else
        {
            ReceiveFirst(packet);
        }

        return _exchange.Drain();
    }

    private void ReceiveFirst(MqttPacket packet)
    {
        if (packet is not MqttPacket.ConnAck answer)
        {
            bool isAuth = packet is MqttPacket.Auth;
            _exchange.End(
                isAuth ? MqttReasonCode.BadAuthenticationMethod : MqttReasonCode.ProtocolError,
                MqttCloseBy.Session,
                isAuth ? "The server wants enhanced authentication." : "The server's first packet is not CONNACK.");
            return;
        }

        Answer = answer;
        if (answer.Reason != MqttReasonCode.Success)
        {
            _exchange.End(
                answer.Reason, MqttCloseBy.Peer, answer.Properties.ReasonString ?? "The server refused CONNECT.");
            return;
        }

        if (answer.SessionPresent)
        {
            _exchange.Fail(MqttReasonCode.ProtocolError, "The server goes on with a session that was started clean.");
            return;
        }

        _isOpen = true;
        _waitsSince = null;
        _exchange.Announced(answer.Properties);
        if (answer.Properties.ServerKeepAliveSeconds is { } seconds)
        {
            _keepAlive = TimeSpan.FromSeconds(seconds);
        }

        _exchange.Emit(new MqttEffect.Connected(answer));
    }

    private void ReceiveOpen(MqttPacket packet)
    {
        switch (packet)
        {
            case MqttPacket.Publish { Qos: MqttQos.ExactlyOnce }:
                _exchange.Fail(MqttReasonCode.ProtocolError, "The server sent QoS 2, which was not subscribed.");
                break;
            case MqttPacket.Publish { Properties.SubscriptionIdentifiers.IsEmpty: false }:
                _exchange.Fail(
                    MqttReasonCode.ProtocolError, "The server sent a subscription identifier that was not given.");
                break;
            case MqttPacket.Publish message:
                _exchange.Receive(message);
                break;
            case MqttPacket.PubAck answer:
                _exchange.Receive(answer);
                break;
            case MqttPacket.SubAck(var id, var reasons):
                EndSubscribe(PendingKind.Subscribe, id, reasons);
                break;
            case MqttPacket.UnsubAck(var id, var reasons):
                EndSubscribe(PendingKind.Unsubscribe, id, reasons);
                break;
            case MqttPacket.PingResp:
                _waitsSince = null;
                break;
            case MqttPacket.Disconnect(var reason) when _options.Version == MqttVersion.V5:
                _exchange.End(
                    reason, MqttCloseBy.Peer, packet.Properties.ReasonString ?? "The server sent DISCONNECT.");
                break;
            default:
                _exchange.Fail(MqttReasonCode.ProtocolError, "The server sent a packet that it may not send now.");
                break;
        }
    }

    private void EndSubscribe(PendingKind kind, ushort packetId, ImmutableArray<MqttReasonCode> reasons)
    {
        if (!_exchange.Outgoing.TryEnd(kind, packetId, out long token, out int answerCount))
        {
            _exchange.Fail(MqttReasonCode.ProtocolError, "An answer to SUBSCRIBE or UNSUBSCRIBE that were not sent.");
        }
        else if (reasons.Length != answerCount && (kind == PendingKind.Subscribe || _options.Version == MqttVersion.V5))
        {
            _exchange.Fail(MqttReasonCode.ProtocolError, "An answer has not one reason code for each filter.");
        }
        else
        {
            _exchange.Emit(new MqttEffect.SubscribeDone(token, reasons));
        }
    }

    /// <summary>Sends a message, or lets it wait for the server's receive maximum.</summary>
    /// <param name="token">Comes back in the effect that ends this.</param>
    /// <param name="message">Packet identifier and alias are set here.</param>
    /// <param name="now">Time.</param>
    public ImmutableArray<MqttEffect> Publish(long token, MqttPacket.Publish message, TimeSpan now)
    {
        _exchange.Now = now;
        MqttProperties? server = Answer?.Properties;
        if (!IsOpen)
        {
            _exchange.Refuse(token, MqttReasonCode.ServerUnavailable, "There is no connection.");
        }
        else if (message.Qos > (server?.MaximumQos ?? MqttQos.AtLeastOnce))
        {
            _exchange.Refuse(token, MqttReasonCode.QosNotSupported, "The QoS is above the server's maximum or QoS 2.");
        }
        else if (message.Retain && server?.RetainAvailable == false)
        {
            _exchange.Refuse(token, MqttReasonCode.RetainNotSupported, "The server keeps no retained messages.");
        }
        else
        {
            _exchange.Publish(token, message);
        }

        return _exchange.Drain();
    }

    /// <summary>Asks for subscriptions. Those that the server said it has not are refused here.</summary>
    public ImmutableArray<MqttEffect> Subscribe(
        long token, ImmutableArray<MqttSubscription> subscriptions, TimeSpan now)
    {
        _exchange.Now = now;
        MqttProtocolError? error = null;
        foreach (MqttSubscription subscription in subscriptions)
        {
            error ??= CheckSubscription(subscription);
        }

        var pending = new Asking(PendingKind.Subscribe, token, subscriptions.Length);
        SendSubscribe(pending, error, id => new MqttPacket.Subscribe(id, subscriptions));
        return _exchange.Drain();
    }

    private MqttProtocolError? CheckSubscription(MqttSubscription subscription)
    {
        MqttProperties? server = Answer?.Properties;
        if (subscription.Qos == MqttQos.ExactlyOnce)
        {
            return new MqttProtocolError(MqttReasonCode.QosNotSupported, "QoS 2 is not supported.");
        }

        if (server?.WildcardSubscriptionAvailable == false && Topics.MqttTopic.HasWildcard(subscription.Filter))
        {
            return new MqttProtocolError(
                MqttReasonCode.WildcardSubscriptionsNotSupported, "The server takes no filters with wildcards.");
        }

        return server?.SharedSubscriptionAvailable == false && Topics.MqttTopic.IsShared(subscription.Filter)
            ? new MqttProtocolError(
                MqttReasonCode.SharedSubscriptionsNotSupported, "The server takes no shared subscriptions.")
            : null;
    }

    /// <summary>Ends subscriptions.</summary>
    public ImmutableArray<MqttEffect> Unsubscribe(long token, ImmutableArray<string> filters, TimeSpan now)
    {
        _exchange.Now = now;
        var pending = new Asking(PendingKind.Unsubscribe, token, filters.Length);
        SendSubscribe(pending, null, id => new MqttPacket.Unsubscribe(id, filters));
        return _exchange.Drain();
    }

    private void SendSubscribe(Asking asking, MqttProtocolError? error, Func<ushort, MqttPacket> make)
    {
        error ??= IsOpen ? null : new MqttProtocolError(MqttReasonCode.ServerUnavailable, "There is no connection.");
        error ??= MqttWriter.Check(make(1), _options.Version, PeerPacketBytesMax);
        ushort packetId = 0;
        if (error is null && !_exchange.Outgoing.TryAdd(asking.Kind, asking.Token, asking.FilterCount, out packetId))
        {
            error = new MqttProtocolError(MqttReasonCode.QuotaExceeded, "Every packet identifier is in use.");
        }

        if (error is not null)
        {
            _exchange.Emit(new MqttEffect.SubscribeRefused(asking.Token, error));
            return;
        }

        _exchange.Send(make(packetId));
    }

    /// <summary>
    /// The owner has committed a delivered QoS 1 message: its PUBACK leaves now, or after those before it.
    /// </summary>
    public ImmutableArray<MqttEffect> Acknowledge(ushort packetId, MqttReasonCode reason, TimeSpan now)
    {
        if (!IsOpen)
        {
            return [];
        }

        _exchange.Now = now;
        _exchange.Acknowledge(packetId, reason, null);
        return _exchange.Drain();
    }

    /// <summary>Leaves in order.</summary>
    public ImmutableArray<MqttEffect> Disconnect(MqttReasonCode reason, TimeSpan now)
    {
        _exchange.Now = now;
        if (IsOpen && _options.Version == MqttVersion.V311)
        {
            _exchange.Send(new MqttPacket.Disconnect(MqttReasonCode.Success));
        }

        if (IsOpen)
        {
            _exchange.CloseWith(reason, MqttCloseBy.Owner, "This side left.");
        }
        else
        {
            _exchange.End(reason, MqttCloseBy.Owner, "This side left before CONNACK.");
        }

        return _exchange.Drain();
    }

    /// <summary>The server sent bytes that are no packet.</summary>
    public ImmutableArray<MqttEffect> ReceiveInvalid(MqttProtocolError error, TimeSpan now)
    {
        _exchange.Now = now;
        _exchange.Fail(error.Reason, error.Message);
        return _exchange.Drain();
    }

    /// <summary>The connection broke.</summary>
    public ImmutableArray<MqttEffect> Lose(string message, TimeSpan now)
    {
        _exchange.Now = now;
        _exchange.End(MqttReasonCode.UnspecifiedError, MqttCloseBy.Network, message);
        return _exchange.Drain();
    }

    /// <summary>The owner reads again after it kept the server waiting: silence is counted from now.</summary>
    public void Resume(TimeSpan now) => _exchange.LastReceived = now;

    /// <summary>Time has passed: sends a ping when one is due, closes when the server is silent.</summary>
    public ImmutableArray<MqttEffect> Tick(TimeSpan now)
    {
        if (NextDeadline is not { } deadline || now < deadline)
        {
            return [];
        }

        _exchange.Now = now;
        if (_waitsSince is null)
        {
            _waitsSince = now;
            _exchange.Send(new MqttPacket.PingReq());
        }
        else
        {
            _exchange.End(MqttReasonCode.KeepAliveTimeout, MqttCloseBy.Session, "The server did not answer in time.");
        }

        return _exchange.Drain();
    }

    private readonly record struct Asking(PendingKind Kind, long Token, int FilterCount);
}
