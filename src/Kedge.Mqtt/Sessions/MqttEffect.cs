using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>What a session wants done, in the order given. A closed hierarchy, shared by both ends.</summary>
public abstract record MqttEffect
{
    private MqttEffect()
    {
    }

    /// <summary>Write a packet to the peer.</summary>
    public sealed record Send(MqttPacket Packet) : MqttEffect;

    /// <summary>
    /// Hand a message to the owner, its topic alias resolved. At QoS 1 the owner must acknowledge it later.
    /// </summary>
    public sealed record Deliver(MqttPacket.Publish Message) : MqttEffect;

    /// <summary>A message of the owner is answered (QoS 1) or handed over for sending (QoS 0).</summary>
    public sealed record PublishDone(long Token, MqttReasonCode Reason, string? ReasonString) : MqttEffect;

    /// <summary>A message of the owner was not sent.</summary>
    public sealed record PublishRefused(long Token, MqttProtocolError Error) : MqttEffect;

    /// <summary>
    /// Client: the server answered a SUBSCRIBE or UNSUBSCRIBE, one reason for each filter (none on 3.1.1 UNSUBACK).
    /// </summary>
    public sealed record SubscribeDone(long Token, ImmutableArray<MqttReasonCode> Reasons) : MqttEffect;

    /// <summary>Client: a SUBSCRIBE or UNSUBSCRIBE was not sent.</summary>
    public sealed record SubscribeRefused(long Token, MqttProtocolError Error) : MqttEffect;

    /// <summary>Client: the server took the connection.</summary>
    public sealed record Connected(MqttPacket.ConnAck Answer) : MqttEffect;

    /// <summary>Broker: ask the owner; it answers by Accept or Refuse before the next packet is given in.</summary>
    public sealed record AskConnect(MqttPacket.Connect Connect) : MqttEffect;

    /// <summary>Broker: ask the owner; it answers by AnswerSubscribe before the next packet is given in.</summary>
    /// <param name="Packet">The SUBSCRIBE.</param>
    /// <param name="Settled">One for each filter: a refusal that stands already, or null where the owner
    /// decides.</param>
    public sealed record AskSubscribe(
        MqttPacket.Subscribe Packet, ImmutableArray<MqttReasonCode?> Settled) : MqttEffect;

    /// <summary>Broker: ask the owner; it answers by AnswerUnsubscribe before the next packet is given in.</summary>
    public sealed record AskUnsubscribe(MqttPacket.Unsubscribe Packet) : MqttEffect;

    /// <summary>The last effect of a session: flush, then close the connection.</summary>
    /// <param name="Reason">Why, as a reason code.</param>
    /// <param name="By">Who ended it.</param>
    /// <param name="Message">Why, as a sentence.</param>
    public sealed record Close(MqttReasonCode Reason, MqttCloseBy By, string Message) : MqttEffect
    {
        /// <summary>True when the peer left in order, so that its will is dropped (MQTT 5.0 §3.14.4).</summary>
        public bool Graceful => By == MqttCloseBy.Peer && Reason == MqttReasonCode.Success;
    }
}
