using Kedge.Core;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Codec;

/// <summary>Bodies of PUBLISH and of its four answers.</summary>
internal static class PublishDecoder
{
    public static MqttPacket Publish(ref PacketCursor cursor, in DecodeContext context)
    {
        var qos = (MqttQos)((context.Flags >> 1) & 3);
        bool duplicate = (context.Flags & 8) != 0;
        if (duplicate && qos == MqttQos.AtMostOnce)
        {
            cursor.Forbidden("A QoS 0 PUBLISH is marked as a duplicate.");
        }

        string topic = cursor.Text();
        ushort packetId = qos == MqttQos.AtMostOnce ? (ushort)0 : cursor.PacketId();
        MqttProperties properties = context.Properties(ref cursor, MqttPacketKind.Publish);
        if (topic.Length == 0 && properties.TopicAlias is null)
        {
            cursor.Forbidden("A PUBLISH has neither a topic nor an alias.");
        }
        else if (topic.Length > 0 && !MqttTopic.IsName(topic))
        {
            cursor.Fail(MqttReasonCode.TopicNameInvalid, "The topic of a PUBLISH holds a wildcard.");
        }

        return new MqttPacket.Publish
        {
            Topic = topic,
            PacketId = packetId,
            Properties = properties,
            Payload = cursor.TakeRest(),
            Qos = qos,
            Retain = (context.Flags & 1) != 0,
            Duplicate = duplicate,
        };
    }

    public static MqttPacket Answer(MqttPacketKind kind, ref PacketCursor cursor, in DecodeContext context)
    {
        ushort id = cursor.PacketId();
        MqttReasonCode reason = MqttReasonCode.Success;
        MqttProperties properties = MqttProperties.None;
        if (context.IsV5 && cursor.Remaining > 0)
        {
            reason = DecodeContext.Reason(ref cursor, kind);
            properties = cursor.Remaining > 0 ? context.Properties(ref cursor, kind) : properties;
        }

        return kind switch
        {
            MqttPacketKind.PubAck => new MqttPacket.PubAck(id, reason) { Properties = properties },
            MqttPacketKind.PubRec => new MqttPacket.PubRec(id, reason) { Properties = properties },
            MqttPacketKind.PubRel => new MqttPacket.PubRel(id, reason) { Properties = properties },
            MqttPacketKind.PubComp => new MqttPacket.PubComp(id, reason) { Properties = properties },
            _ => throw Check.Unreachable(kind),
        };
    }
}
