using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Codec;

/// <summary>Bodies of all packets, the mirror of the decoders.</summary>
internal static class PacketEncoder
{
    public static void Body(ref PacketSink sink, MqttPacket packet, MqttVersion version)
    {
        bool isV5 = version == MqttVersion.V5;
        switch (packet)
        {
            case MqttPacket.Connect connect:
                Connect(ref sink, connect, isV5);
                break;
            case MqttPacket.ConnAck ack:
                ConnAck(ref sink, ack, isV5);
                break;
            case MqttPacket.Publish publish:
                Publish(ref sink, publish, isV5);
                break;
            case MqttPacket.PubAck(var id, var reason):
                Answer(ref sink, id, reason, packet, isV5);
                break;
            case MqttPacket.PubRec(var id, var reason):
                Answer(ref sink, id, reason, packet, isV5);
                break;
            case MqttPacket.PubRel(var id, var reason):
                Answer(ref sink, id, reason, packet, isV5);
                break;
            case MqttPacket.PubComp(var id, var reason):
                Answer(ref sink, id, reason, packet, isV5);
                break;
            case MqttPacket.Subscribe subscribe:
                Subscribe(ref sink, subscribe, isV5);
                break;
            case MqttPacket.SubAck(var id, var reasons):
                Reasons(ref sink, id, reasons, packet, isV5);
                break;
            case MqttPacket.Unsubscribe unsubscribe:
                Unsubscribe(ref sink, unsubscribe, isV5);
                break;
            case MqttPacket.UnsubAck(var id, var reasons):
                Reasons(ref sink, id, reasons, packet, isV5);
                break;
            case MqttPacket.PingReq or MqttPacket.PingResp:
                sink.Require(PropertyWriter.IsEmpty(packet.Properties), "A ping has properties.");
                break;
            case MqttPacket.Disconnect(var reason):
                Last(ref sink, reason, packet, isV5);
                break;
            case MqttPacket.Auth(var reason):
                sink.Require(isV5, "AUTH is for MQTT 5 only.");
                Last(ref sink, reason, packet, isV5);
                break;
            default:
                throw Check.Unreachable(packet.Kind);
        }
    }

    private static void Connect(ref PacketSink sink, MqttPacket.Connect connect, bool isV5)
    {
        sink.Require(connect.Version is MqttVersion.V311 or MqttVersion.V5, "CONNECT has an unknown version.");
        sink.Require(isV5 || connect.Password is null || connect.UserName is not null,
            "A password stands without a user name.");
        sink.Require(isV5 || connect.CleanStart || connect.ClientId.Length > 0,
            "A kept session needs a client identifier.");
        sink.Text("MQTT");
        sink.U8((byte)connect.Version);
        sink.U8(ConnectFlags(connect));
        sink.U16(connect.KeepAliveSeconds);
        Properties(ref sink, connect, isV5);
        sink.Text(connect.ClientId);
        if (connect.Will is { } will)
        {
            sink.Require(will.Qos <= MqttQos.ExactlyOnce, "The will has QoS 3.");
            sink.Require(MqttTopic.IsName(will.Topic), "The will's topic is no topic name.");
            if (isV5)
            {
                PropertyWriter.Write(ref sink, PropertyTable.Will, will.Properties);
            }

            sink.Text(will.Topic);
            sink.Binary(will.Payload.Span);
        }

        if (connect.UserName is { } userName)
        {
            sink.Text(userName);
        }

        if (connect.Password is { } password)
        {
            sink.Binary(password.Span);
        }
    }

    private static byte ConnectFlags(MqttPacket.Connect connect)
    {
        int flags = connect.CleanStart ? 0x02 : 0;
        if (connect.Will is { } will)
        {
            flags |= 0x04 | ((int)will.Qos << 3) | (will.Retain ? 0x20 : 0);
        }

        flags |= connect.Password is null ? 0 : 0x40;
        flags |= connect.UserName is null ? 0 : 0x80;
        return (byte)flags;
    }

    private static void ConnAck(ref PacketSink sink, MqttPacket.ConnAck ack, bool isV5)
    {
        sink.Require(
            !ack.SessionPresent || ack.Reason == MqttReasonCode.Success, "A refusing CONNACK claims a session.");
        RequireReason(ref sink, ack.Kind, ack.Reason);
        sink.U8(ack.SessionPresent ? (byte)1 : (byte)0);
        sink.U8(isV5 ? (byte)ack.Reason : MqttReasonCodes.ToConnectReturnCode(ack.Reason));
        Properties(ref sink, ack, isV5);
    }

    private static void Publish(ref PacketSink sink, MqttPacket.Publish publish, bool isV5)
    {
        bool aliasOnly = isV5 && publish.Topic.Length == 0 && publish.Properties.TopicAlias is not null;
        sink.Require(aliasOnly || MqttTopic.IsName(publish.Topic), "The topic of a PUBLISH is no topic name.");
        sink.Require(publish.Qos <= MqttQos.ExactlyOnce, "A PUBLISH has QoS 3.");
        sink.Text(publish.Topic);
        if (publish.Qos == MqttQos.AtMostOnce)
        {
            sink.Require(publish.PacketId == 0, "A QoS 0 PUBLISH has a packet identifier.");
            sink.Require(!publish.Duplicate, "A QoS 0 PUBLISH is marked as a duplicate.");
        }
        else
        {
            sink.PacketId(publish.PacketId);
        }

        Properties(ref sink, publish, isV5);
        sink.Raw(publish.Payload.Span);
    }

    private static void Answer(ref PacketSink sink, ushort id, MqttReasonCode reason, MqttPacket packet, bool isV5)
    {
        RequireReason(ref sink, packet.Kind, reason);
        sink.PacketId(id);
        Last(ref sink, reason, packet, isV5);
    }

    /// <summary>Reason and properties, left out from the end as far as the standard lets them be.</summary>
    private static void Last(ref PacketSink sink, MqttReasonCode reason, MqttPacket packet, bool isV5)
    {
        RequireReason(ref sink, packet.Kind, reason);
        bool hasProperties = !PropertyWriter.IsEmpty(packet.Properties);
        if (!isV5 || (reason == MqttReasonCode.Success && !hasProperties))
        {
            return;
        }

        sink.U8((byte)reason);
        if (hasProperties || packet.Kind == MqttPacketKind.Auth)
        {
            PropertyWriter.Write(ref sink, packet.Kind, packet.Properties);
        }
    }

    private static void Subscribe(ref PacketSink sink, MqttPacket.Subscribe subscribe, bool isV5)
    {
        sink.Require(!subscribe.Subscriptions.IsEmpty, "A SUBSCRIBE has no filter.");
        sink.PacketId(subscribe.PacketId);
        Properties(ref sink, subscribe, isV5);
        foreach (MqttSubscription subscription in subscribe.Subscriptions)
        {
            sink.Require(MqttTopic.IsFilter(subscription.Filter), "A topic filter is not valid.");
            sink.Require(!(subscription.NoLocal && MqttTopic.IsShared(subscription.Filter)),
                "A shared subscription asks for no-local.");
            sink.Text(subscription.Filter);
            int options = (int)subscription.Qos;
            if (isV5)
            {
                options |= (subscription.NoLocal ? 4 : 0) | (subscription.RetainAsPublished ? 8 : 0)
                    | ((int)subscription.RetainHandling << 4);
            }

            sink.U8((byte)options);
        }
    }

    private static void Unsubscribe(ref PacketSink sink, MqttPacket.Unsubscribe unsubscribe, bool isV5)
    {
        sink.Require(!unsubscribe.Filters.IsEmpty, "An UNSUBSCRIBE has no filter.");
        sink.PacketId(unsubscribe.PacketId);
        Properties(ref sink, unsubscribe, isV5);
        foreach (string filter in unsubscribe.Filters)
        {
            sink.Require(MqttTopic.IsFilter(filter), "A topic filter is not valid.");
            sink.Text(filter);
        }
    }

    private static void Reasons(
        ref PacketSink sink, ushort id, ImmutableArray<MqttReasonCode> reasons, MqttPacket packet, bool isV5)
    {
        sink.PacketId(id);
        if (!isV5 && packet.Kind == MqttPacketKind.UnsubAck)
        {
            return;
        }

        sink.Require(!reasons.IsEmpty, "An answer has no reason code.");
        Properties(ref sink, packet, isV5);
        foreach (MqttReasonCode reason in reasons)
        {
            RequireReason(ref sink, packet.Kind, reason);
            sink.U8((byte)(!isV5 && reason.IsFailure() ? MqttReasonCode.UnspecifiedError : reason));
        }
    }

    private static void RequireReason(ref PacketSink sink, MqttPacketKind kind, MqttReasonCode reason) =>
        sink.Require(MqttReasonCodes.IsAllowed(kind, reason), "A reason code has no place in this packet.");

    private static void Properties(ref PacketSink sink, MqttPacket packet, bool isV5)
    {
        if (isV5)
        {
            PropertyWriter.Write(ref sink, packet.Kind, packet.Properties);
        }
    }
}
