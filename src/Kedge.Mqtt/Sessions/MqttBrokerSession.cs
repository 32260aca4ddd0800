using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// The broker's end of one connection as a machine, the counterpart of <see cref="MqttClientSession"/>.
/// <para>What is decided here: the protocol. What the owner decides: whether a client may connect, subscribe and
/// publish, and when a
/// message is committed. While one of those questions is open (<see cref="IsAsking"/>) no further packet may be given
/// in.
/// Invariants: a QoS 1 message is answered only after <see cref="Acknowledge"/>, in order; what is not supported is
/// announced in
/// CONNACK and refused by its own reason code. Deliberately absent: QoS 2, retained messages, shared subscriptions,
/// sessions
/// that outlive a connection, routing. Not thread safe.</para>
/// </summary>
public sealed class MqttBrokerSession
{
    private readonly MqttBrokerSessionOptions _options;
    private readonly MessageExchange _exchange;
    private readonly TimeSpan _started;
    private MqttPacket.Connect? _connect;
    private MqttPacket? _asked;
    private TimeSpan _silenceMax;
    private bool _isOpen;

    /// <summary>A session that waits for CONNECT.</summary>
    public MqttBrokerSession(MqttBrokerSessionOptions options, TimeSpan now)
    {
        _options = options;
        _started = now;
        _exchange = new MessageExchange(options.ReceiveMaximum, options.TopicAliasMaximum, options.SendQueueDepthMax);
    }

    /// <summary>True between an accepting CONNACK and the close.</summary>
    public bool IsOpen => _isOpen && !_exchange.IsClosed;

    /// <summary>True once closed.</summary>
    public bool IsClosed => _exchange.IsClosed;

    /// <summary>True while the owner owes an answer.</summary>
    public bool IsAsking => _asked is not null;

    /// <summary>That of CONNECT; unknown before.</summary>
    public MqttVersion Version => _exchange.Version;

    /// <summary>Largest packet that the client takes, bytes.</summary>
    public uint PeerPacketBytesMax => _exchange.PeerPacketBytesMax;

    /// <summary>QoS 1 messages of the client that are not answered; a count.</summary>
    public int UnacknowledgedCount => _exchange.UnacknowledgedCount;

    /// <summary>When <see cref="Tick"/> is due, on the clock of <c>now</c>; null for never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            if (_exchange.IsClosed || IsAsking)
            {
                return null;
            }

            if (!_isOpen)
            {
                return _started + _options.ConnectTimeout;
            }

            return _silenceMax > TimeSpan.Zero ? _exchange.LastReceived + _silenceMax : null;
        }
    }

    /// <summary>A packet has come from the client.</summary>
    public ImmutableArray<MqttEffect> Receive(MqttPacket packet, TimeSpan now)
    {
        Check.That(!IsAsking);
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
        else if (packet is MqttPacket.Connect connect)
        {
            ReceiveConnect(connect);
        }
        else
        {
            _exchange.End(MqttReasonCode.ProtocolError, MqttCloseBy.Session, "The first packet is not CONNECT.");
        }

        return _exchange.Drain();
    }

    private void ReceiveConnect(MqttPacket.Connect connect)
    {
        _connect = connect;
        _exchange.Version = connect.Version;
        _exchange.Announced(connect.Properties);
        _exchange.SendsReasonStrings = connect.Properties.RequestProblemInformation != false;
        MqttReasonCode verdict = Judge(connect);
        if (verdict == MqttReasonCode.Success)
        {
            _asked = connect;
            _exchange.Emit(new MqttEffect.AskConnect(connect));
        }
        else
        {
            RefuseConnect(verdict, "CONNECT asks for what this server has not.", MqttCloseBy.Session);
        }
    }

    private static MqttReasonCode Judge(MqttPacket.Connect connect)
    {
        if (connect.Properties.AuthenticationMethod is not null)
        {
            return MqttReasonCode.BadAuthenticationMethod;
        }

        if (connect.ClientId.Length == 0 && connect.Version == MqttVersion.V311 && !connect.CleanStart)
        {
            return MqttReasonCode.ClientIdentifierNotValid;
        }

        return connect.Will switch
        {
            { Qos: MqttQos.ExactlyOnce } => MqttReasonCode.QosNotSupported,
            { Retain: true } => MqttReasonCode.RetainNotSupported,
            _ => MqttReasonCode.Success,
        };
    }

    /// <summary>Answer to <see cref="MqttEffect.AskConnect"/>: take the client.</summary>
    /// <param name="assignedClientId">Required when the client sent none on MQTT 5; else null.</param>
    /// <param name="now">Time.</param>
    public ImmutableArray<MqttEffect> Accept(string? assignedClientId, TimeSpan now)
    {
        Check.That(_asked is MqttPacket.Connect);
        Check.That(_connect is not null);
        Check.That(
            _connect.ClientId.Length > 0 || _connect.Version == MqttVersion.V311 || assignedClientId is not null);
        _asked = null;
        _exchange.Now = now;
        _exchange.LastReceived = now;
        if (_exchange.IsClosed)
        {
            return [];
        }

        ushort keepAliveSeconds = GrantedKeepAlive(_connect, out bool isOverruled);
        _silenceMax = TimeSpan.FromSeconds(keepAliveSeconds * 1.5);
        _isOpen = true;
        _exchange.Send(new MqttPacket.ConnAck(MqttReasonCode.Success)
        {
            Properties = new MqttProperties
            {
                SessionExpirySeconds = _connect.Properties.SessionExpirySeconds > 0 ? 0 : null,
                ReceiveMaximum = _options.ReceiveMaximum,
                MaximumQos = MqttQos.AtLeastOnce,
                RetainAvailable = false,
                PacketBytesMax = (uint)_options.PacketBytesMax,
                AssignedClientId = _connect.ClientId.Length == 0 ? assignedClientId : null,
                TopicAliasMaximum = _options.TopicAliasMaximum > 0 ? _options.TopicAliasMaximum : null,
                WildcardSubscriptionAvailable = _options.WildcardSubscriptions ? null : false,
                SubscriptionIdentifiersAvailable = false,
                SharedSubscriptionAvailable = false,
                ServerKeepAliveSeconds = isOverruled ? keepAliveSeconds : null,
            },
        });
        return _exchange.Drain();
    }

    private ushort GrantedKeepAlive(MqttPacket.Connect connect, out bool isOverruled)
    {
        ushort most = _options.KeepAliveSecondsMax;
        ushort asked = connect.KeepAliveSeconds;

        // A 3.1.1 client cannot be told: it keeps what it asked for.
        isOverruled = connect.Version == MqttVersion.V5 && most > 0 && (asked == 0 || asked > most);
        return isOverruled ? most : asked;
    }

    /// <summary>Answer to <see cref="MqttEffect.AskConnect"/>: do not take the client.</summary>
    public ImmutableArray<MqttEffect> Refuse(MqttReasonCode reason, string? why, TimeSpan now)
    {
        Check.That(_asked is MqttPacket.Connect);
        Check.That(reason.IsFailure());
        _asked = null;
        _exchange.Now = now;
        RefuseConnect(reason, why, MqttCloseBy.Owner);
        return _exchange.Drain();
    }

    private void RefuseConnect(MqttReasonCode reason, string? why, MqttCloseBy by)
    {
        if (_exchange.IsClosed)
        {
            return;
        }

        MqttReasonCode sent = MqttReasonCodes.IsAllowed(MqttPacketKind.ConnAck, reason)
            ? reason
            : MqttReasonCode.UnspecifiedError;
        _exchange.Send(new MqttPacket.ConnAck(sent)
        {
            Properties = why is null ? MqttProperties.None : new MqttProperties { ReasonString = why },
        });
        _exchange.End(reason, by, why ?? "CONNECT was refused.");
    }

    private void ReceiveOpen(MqttPacket packet)
    {
        switch (packet)
        {
            case MqttPacket.Publish message:
                ReceiveMessage(message);
                break;
            case MqttPacket.PubAck answer:
                _exchange.Receive(answer);
                break;
            case MqttPacket.Subscribe { Properties.SubscriptionIdentifiers.IsEmpty: false }:
                _exchange.Fail(
                    MqttReasonCode.SubscriptionIdentifiersNotSupported, "Subscription identifiers are not available.");
                break;
            case MqttPacket.Subscribe subscribe:
                _asked = subscribe;
                _exchange.Emit(new MqttEffect.AskSubscribe(subscribe, [.. subscribe.Subscriptions.Select(Settle)]));
                break;
            case MqttPacket.Unsubscribe unsubscribe:
                _asked = unsubscribe;
                _exchange.Emit(new MqttEffect.AskUnsubscribe(unsubscribe));
                break;
            case MqttPacket.PingReq:
                _exchange.Send(new MqttPacket.PingResp());
                break;
            case MqttPacket.Disconnect(var reason):
                ReceiveDisconnect(reason, packet.Properties);
                break;
            default:
                _exchange.Fail(MqttReasonCode.ProtocolError, "The client sent a packet that it may not send now.");
                break;
        }
    }

    private void ReceiveMessage(MqttPacket.Publish message)
    {
        if (message.Qos == MqttQos.ExactlyOnce)
        {
            _exchange.Fail(MqttReasonCode.QosNotSupported, "QoS 2 is not supported.");
        }
        else if (message.Retain && Version == MqttVersion.V5)
        {
            _exchange.Fail(MqttReasonCode.RetainNotSupported, "Retained messages are not supported.");
        }
        else if (!message.Properties.SubscriptionIdentifiers.IsEmpty)
        {
            _exchange.Fail(MqttReasonCode.ProtocolError, "A client's PUBLISH has a subscription identifier.");
        }
        else
        {
            _exchange.Receive(message);
        }
    }

    private MqttReasonCode? Settle(MqttSubscription subscription)
    {
        if (MqttTopic.IsShared(subscription.Filter))
        {
            return MqttReasonCode.SharedSubscriptionsNotSupported;
        }

        if (!MqttTopic.IsFilter(subscription.Filter))
        {
            return MqttReasonCode.TopicFilterInvalid;
        }

        return !_options.WildcardSubscriptions && MqttTopic.HasWildcard(subscription.Filter)
            ? MqttReasonCode.WildcardSubscriptionsNotSupported
            : null;
    }

    private void ReceiveDisconnect(MqttReasonCode reason, MqttProperties properties)
    {
        if (properties.SessionExpirySeconds > 0 && (_connect?.Properties.SessionExpirySeconds ?? 0) == 0)
        {
            _exchange.Fail(MqttReasonCode.ProtocolError, "DISCONNECT gives an expiry to a session that had none.");
            return;
        }

        _exchange.End(reason, MqttCloseBy.Peer, properties.ReasonString ?? "The client sent DISCONNECT.");
    }

    /// <summary>Answer to <see cref="MqttEffect.AskSubscribe"/>.</summary>
    /// <param name="reasons">One for each filter: granted QoS 0 or 1, or a refusal. QoS 2 counts as 1.</param>
    /// <param name="now">Time.</param>
    public ImmutableArray<MqttEffect> AnswerSubscribe(ImmutableArray<MqttReasonCode> reasons, TimeSpan now)
    {
        Check.That(_asked is MqttPacket.Subscribe);
        var asked = (MqttPacket.Subscribe)_asked;
        Check.That(reasons.Length == asked.Subscriptions.Length);
        _asked = null;
        _exchange.Now = now;
        if (!_exchange.IsClosed)
        {
            _exchange.LastReceived = now;
            _exchange.Send(new MqttPacket.SubAck(asked.PacketId, [.. reasons.Select(AtMostQos1)]));
        }

        return _exchange.Drain();
    }

    private static MqttReasonCode AtMostQos1(MqttReasonCode reason) =>
        reason == MqttReasonCode.GrantedQos2 ? MqttReasonCode.GrantedQos1 : reason;

    /// <summary>Answer to <see cref="MqttEffect.AskUnsubscribe"/>: one reason for each filter.</summary>
    public ImmutableArray<MqttEffect> AnswerUnsubscribe(ImmutableArray<MqttReasonCode> reasons, TimeSpan now)
    {
        Check.That(_asked is MqttPacket.Unsubscribe);
        var asked = (MqttPacket.Unsubscribe)_asked;
        Check.That(reasons.Length == asked.Filters.Length);
        _asked = null;
        _exchange.Now = now;
        if (!_exchange.IsClosed)
        {
            _exchange.LastReceived = now;
            _exchange.Send(new MqttPacket.UnsubAck(asked.PacketId, reasons));
        }

        return _exchange.Drain();
    }

    /// <summary>Sends a message to the client, or lets it wait for the client's receive maximum.</summary>
    /// <param name="token">Comes back in the effect that ends this.</param>
    /// <param name="message">Packet identifier and alias are set here.</param>
    /// <param name="now">Time.</param>
    public ImmutableArray<MqttEffect> Publish(long token, MqttPacket.Publish message, TimeSpan now)
    {
        _exchange.Now = now;
        if (!IsOpen)
        {
            _exchange.Refuse(token, MqttReasonCode.ServerUnavailable, "There is no connection.");
        }
        else if (message.Qos == MqttQos.ExactlyOnce)
        {
            _exchange.Refuse(token, MqttReasonCode.QosNotSupported, "QoS 2 is not supported.");
        }
        else
        {
            _exchange.Publish(token, message);
        }

        return _exchange.Drain();
    }

    /// <summary>
    /// The owner has committed, or refused, a delivered QoS 1 message: its PUBACK leaves now, or after those before it.
    /// </summary>
    public ImmutableArray<MqttEffect> Acknowledge(ushort packetId, MqttReasonCode reason, string? why, TimeSpan now)
    {
        if (!IsOpen)
        {
            return [];
        }

        _exchange.Now = now;
        _exchange.Acknowledge(packetId, reason, why);
        return _exchange.Drain();
    }

    /// <summary>Closes the connection from this side; on MQTT 5 the client is told why.</summary>
    public ImmutableArray<MqttEffect> Disconnect(MqttReasonCode reason, string message, TimeSpan now)
    {
        _exchange.Now = now;
        if (_isOpen)
        {
            _exchange.CloseWith(reason, MqttCloseBy.Owner, message);
        }
        else
        {
            _exchange.End(reason, MqttCloseBy.Owner, message);
        }

        return _exchange.Drain();
    }

    /// <summary>The client sent bytes that are no packet.</summary>
    public ImmutableArray<MqttEffect> ReceiveInvalid(MqttProtocolError error, TimeSpan now)
    {
        _exchange.Now = now;
        if (_isOpen)
        {
            _exchange.Fail(error.Reason, error.Message);
            return _exchange.Drain();
        }

        if (error.Reason == MqttReasonCode.UnsupportedProtocolVersion && !_exchange.IsClosed)
        {
            // The 3.1.1 form, which older and newer clients alike can tell from a yes.
            _exchange.Version = MqttVersion.V311;
            _exchange.Send(new MqttPacket.ConnAck(error.Reason));
        }

        _exchange.End(error.Reason, MqttCloseBy.Session, error.Message);
        return _exchange.Drain();
    }

    /// <summary>The connection broke.</summary>
    public ImmutableArray<MqttEffect> Lose(string message, TimeSpan now)
    {
        _exchange.Now = now;
        _exchange.End(MqttReasonCode.UnspecifiedError, MqttCloseBy.Network, message);
        return _exchange.Drain();
    }

    /// <summary>The owner reads again after it kept the client waiting: silence is counted from now.</summary>
    public void Resume(TimeSpan now) => _exchange.LastReceived = now;

    /// <summary>Time has passed: closes when the client is silent for too long.</summary>
    public ImmutableArray<MqttEffect> Tick(TimeSpan now)
    {
        if (NextDeadline is not { } deadline || now < deadline)
        {
            return [];
        }

        _exchange.Now = now;
        if (_isOpen)
        {
            _exchange.Fail(
                MqttReasonCode.KeepAliveTimeout, "The client was silent for one and a half keep-alive periods.");
        }
        else
        {
            _exchange.End(MqttReasonCode.KeepAliveTimeout, MqttCloseBy.Session, "No CONNECT came in time.");
        }

        return _exchange.Drain();
    }
}
