using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// What both ends of an open connection do alike: messages at QoS 0 and 1 in both directions, and the close.
/// </summary>
internal sealed class MessageExchange
{
    private readonly List<MqttEffect> _effects = [];
    private readonly List<MqttPacket.PubAck> _answers = [];
    private readonly IncomingFlow _incoming = new();
    private readonly IncomingAliases _incomingAliases;
    private readonly int _receiveMaximum;
    private OutgoingAliases _outgoingAliases = new(0);

    public MessageExchange(int receiveMaximum, int aliasMax, int queueDepthMax)
    {
        _receiveMaximum = receiveMaximum;
        _incomingAliases = new IncomingAliases(aliasMax);
        Outgoing = new OutgoingFlow(queueDepthMax);
    }

    public OutgoingFlow Outgoing { get; }

    public MqttVersion Version { get; set; }

    public uint PeerPacketBytesMax { get; private set; } = MqttReadLimits.StandardPacketBytesMax;

    /// <summary>False when the peer wants no reason strings on acknowledgements (MQTT 5.0 §3.1.2.11.7).</summary>
    public bool SendsReasonStrings { get; set; } = true;

    public bool IsClosed { get; private set; }

    public TimeSpan LastSent { get; private set; }

    public TimeSpan LastReceived { get; set; }

    public int UnacknowledgedCount => _incoming.Count;

    public TimeSpan Now { get; set; }

    /// <summary>Takes over what the peer announced in CONNECT or CONNACK.</summary>
    public void Announced(MqttProperties peer)
    {
        Outgoing.ReceiveMaximum = peer.ReceiveMaximum ?? ushort.MaxValue;
        PeerPacketBytesMax = peer.PacketBytesMax ?? MqttReadLimits.StandardPacketBytesMax;
        _outgoingAliases = new OutgoingAliases(peer.TopicAliasMaximum ?? 0);
    }

    public void Emit(MqttEffect effect)
    {
        LastSent = effect is MqttEffect.Send ? Now : LastSent;
        _effects.Add(effect);
    }

    public void Send(MqttPacket packet) => Emit(new MqttEffect.Send(packet));

    public ImmutableArray<MqttEffect> Drain()
    {
        ImmutableArray<MqttEffect> effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    public void Publish(long token, MqttPacket.Publish message)
    {
        if (message.Qos == MqttQos.AtMostOnce)
        {
            SendMessage(token, message);
        }
        else if (Outgoing.HasRoom)
        {
            SendMessage(token, message);
        }
        else if (Outgoing.IsFull)
        {
            Refuse(token, MqttReasonCode.QuotaExceeded, "The send queue is full.");
        }
        else
        {
            Outgoing.Wait(token, message);
        }
    }

    private void SendMessage(long token, MqttPacket.Publish message)
    {
        MqttPacket.Publish shortened = _outgoingAliases.Shorten(message);

        // Any identifier has the same length: one is taken only when the message may be sent.
        bool isAcknowledged = message.Qos == MqttQos.AtLeastOnce;
        MqttPacket.Publish probe = isAcknowledged ? shortened with { PacketId = 1 } : shortened;
        if (MqttWriter.Check(probe, Version, PeerPacketBytesMax) is { } error)
        {
            Emit(new MqttEffect.PublishRefused(token, error));
            return;
        }

        ushort packetId = 0;
        if (isAcknowledged && !Outgoing.TryAdd(PendingKind.Publish, token, 0, out packetId))
        {
            Refuse(token, MqttReasonCode.QuotaExceeded, "Every packet identifier is in use.");
            return;
        }

        Send(shortened with { PacketId = packetId });
        _outgoingAliases.Sent(shortened);
        if (!isAcknowledged)
        {
            Emit(new MqttEffect.PublishDone(token, MqttReasonCode.Success, null));
        }
    }

    public void Refuse(long token, MqttReasonCode reason, string message) =>
        Emit(new MqttEffect.PublishRefused(token, new MqttProtocolError(reason, message)));

    /// <summary>A message of the peer, QoS 0 or 1.</summary>
    public void Receive(MqttPacket.Publish message)
    {
        if (_incomingAliases.Resolve(message) is not { } resolved)
        {
            Fail(MqttReasonCode.TopicAliasInvalid, "A topic alias is unknown or above the announced maximum.");
            return;
        }

        if (message.Qos == MqttQos.AtLeastOnce && !TryTake(message.PacketId))
        {
            return;
        }

        Emit(new MqttEffect.Deliver(resolved));
    }

    private bool TryTake(ushort packetId)
    {
        if (_incoming.Holds(packetId))
        {
            // 3.1.1 peers may repeat a message on the same connection: the first one is being worked on.
            if (Version == MqttVersion.V5)
            {
                Fail(MqttReasonCode.ProtocolError, "A packet identifier is used again before it was answered.");
            }

            return false;
        }

        if (Version == MqttVersion.V5 && _incoming.Count >= _receiveMaximum)
        {
            Fail(MqttReasonCode.ReceiveMaximumExceeded, "More messages are unanswered than this side announced.");
            return false;
        }

        _incoming.Add(packetId);
        return true;
    }

    /// <summary>The owner has committed a message; false when the identifier is not one that waits.</summary>
    public void Acknowledge(ushort packetId, MqttReasonCode reason, string? why)
    {
        if (Version == MqttVersion.V311 && reason.IsFailure())
        {
            // 3.1.1 cannot refuse one message (§3.3.5): a PUBACK would claim that it is committed.
            Fail(reason, "A message was refused, which MQTT 3.1.1 can only say by closing.");
            return;
        }

        _answers.Clear();
        _incoming.Commit(packetId, reason, SendsReasonStrings ? why : null, _answers);
        foreach (MqttPacket.PubAck answer in _answers)
        {
            Send(answer);
        }
    }

    /// <summary>The peer answers a message of this side.</summary>
    public void Receive(MqttPacket.PubAck answer)
    {
        if (!Outgoing.TryEnd(PendingKind.Publish, answer.PacketId, out long token, out _))
        {
            Fail(MqttReasonCode.ProtocolError, "A PUBACK answers no message.");
            return;
        }

        Emit(new MqttEffect.PublishDone(token, answer.Reason, answer.Properties.ReasonString));
        while (Outgoing.TryNext(out OutgoingFlow.Waiting next))
        {
            SendMessage(next.Token, next.Message);
        }
    }

    /// <summary>Ends the session for a mistake of the peer, telling it where the version has words for it.</summary>
    public void Fail(MqttReasonCode reason, string message) => CloseWith(reason, MqttCloseBy.Session, message);

    public void CloseWith(MqttReasonCode reason, MqttCloseBy by, string message)
    {
        if (IsClosed)
        {
            return;
        }

        if (Version == MqttVersion.V5 && by is MqttCloseBy.Session or MqttCloseBy.Owner)
        {
            Send(new MqttPacket.Disconnect(MqttReasonCodes.IsAllowed(MqttPacketKind.Disconnect, reason)
                ? reason
                : MqttReasonCode.UnspecifiedError));
        }

        End(reason, by, message);
    }

    /// <summary>Ends the session without a word.</summary>
    public void End(MqttReasonCode reason, MqttCloseBy by, string message)
    {
        if (!IsClosed)
        {
            IsClosed = true;
            Emit(new MqttEffect.Close(reason, by, message));
        }
    }
}
