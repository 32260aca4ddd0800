using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>Bodies of CONNECT, CONNACK, DISCONNECT and AUTH.</summary>
internal static class ConnectDecoder
{
    private const int ReservedFlag = 0x01;
    private const int CleanStartFlag = 0x02;
    private const int WillFlag = 0x04;
    private const int WillRetainFlag = 0x20;
    private const int PasswordFlag = 0x40;
    private const int UserNameFlag = 0x80;

    public static MqttPacket Connect(ref PacketCursor cursor, MqttReadLimits limits)
    {
        MqttVersion version = Version(ref cursor);
        byte flags = cursor.U8();
        CheckFlags(ref cursor, flags, version);
        ushort keepAliveSeconds = cursor.U16();
        var context = new DecodeContext(0, version, limits);
        MqttProperties properties = context.Properties(ref cursor, MqttPacketKind.Connect);
        string clientId = cursor.Text();
        return new MqttPacket.Connect
        {
            Version = version,
            CleanStart = (flags & CleanStartFlag) != 0,
            KeepAliveSeconds = keepAliveSeconds,
            Properties = properties,
            ClientId = clientId,
            Will = (flags & WillFlag) != 0 ? Will(ref cursor, flags, context) : null,
            UserName = (flags & UserNameFlag) != 0 ? cursor.Text() : null,
            Password = (flags & PasswordFlag) != 0 ? cursor.Binary() : default(ReadOnlyMemory<byte>?),
        };
    }

    private static MqttVersion Version(ref PacketCursor cursor)
    {
        string name = cursor.Text();
        byte level = cursor.U8();
        if (name != "MQTT" || level is not ((byte)MqttVersion.V311 or (byte)MqttVersion.V5))
        {
            cursor.Fail(MqttReasonCode.UnsupportedProtocolVersion, "The protocol is neither MQTT 3.1.1 nor 5.0.");
        }

        return (MqttVersion)level;
    }

    private static void CheckFlags(ref PacketCursor cursor, byte flags, MqttVersion version)
    {
        int willQos = (flags >> 3) & 3;
        if ((flags & ReservedFlag) != 0)
        {
            cursor.Malformed("The reserved flag of CONNECT is set.");
        }

        if (willQos == 3)
        {
            cursor.Malformed("The will has QoS 3.");
        }

        if ((flags & WillFlag) == 0 && (willQos != 0 || (flags & WillRetainFlag) != 0))
        {
            cursor.Malformed("Flags of a will are set without a will.");
        }

        if (version == MqttVersion.V311 && (flags & UserNameFlag) == 0 && (flags & PasswordFlag) != 0)
        {
            cursor.Malformed("A password stands without a user name.");
        }
    }

    private static MqttWill Will(ref PacketCursor cursor, byte flags, in DecodeContext context)
    {
        MqttProperties properties = context.Properties(ref cursor, PropertyTable.Will);
        string topic = cursor.Text();
        if (cursor.Error is null && !Topics.MqttTopic.IsName(topic))
        {
            cursor.Fail(MqttReasonCode.TopicNameInvalid, "The will's topic is empty or holds a wildcard.");
        }

        return new MqttWill
        {
            Properties = properties,
            Topic = topic,
            Payload = cursor.Binary(),
            Qos = (MqttQos)((flags >> 3) & 3),
            Retain = (flags & WillRetainFlag) != 0,
        };
    }

    public static MqttPacket ConnAck(ref PacketCursor cursor, in DecodeContext context)
    {
        byte acknowledge = cursor.U8();
        if (acknowledge > 1)
        {
            cursor.Malformed("Reserved flags of CONNACK are set.");
        }

        MqttReasonCode reason = context.IsV5
            ? DecodeContext.Reason(ref cursor, MqttPacketKind.ConnAck)
            : ReturnCode(ref cursor);
        if (acknowledge == 1 && reason != MqttReasonCode.Success)
        {
            cursor.Forbidden("A refusing CONNACK claims a session.");
        }

        return new MqttPacket.ConnAck(reason)
        {
            SessionPresent = acknowledge == 1,
            Properties = context.Properties(ref cursor, MqttPacketKind.ConnAck),
        };
    }

    private static MqttReasonCode ReturnCode(ref PacketCursor cursor)
    {
        if (MqttReasonCodes.FromConnectReturnCode(cursor.U8()) is { } reason)
        {
            return reason;
        }

        cursor.Forbidden("The return code of CONNACK is reserved.");
        return MqttReasonCode.UnspecifiedError;
    }

    public static MqttPacket Disconnect(ref PacketCursor cursor, in DecodeContext context)
    {
        if (!context.IsV5 || cursor.Remaining == 0)
        {
            return new MqttPacket.Disconnect(MqttReasonCode.Success);
        }

        MqttReasonCode reason = DecodeContext.Reason(ref cursor, MqttPacketKind.Disconnect);
        return new MqttPacket.Disconnect(reason)
        {
            Properties = cursor.Remaining == 0
                ? MqttProperties.None
                : context.Properties(ref cursor, MqttPacketKind.Disconnect),
        };
    }

    public static MqttPacket Auth(ref PacketCursor cursor, in DecodeContext context)
    {
        if (cursor.Remaining == 0)
        {
            return new MqttPacket.Auth(MqttReasonCode.Success);
        }

        MqttReasonCode reason = DecodeContext.Reason(ref cursor, MqttPacketKind.Auth);
        return new MqttPacket.Auth(reason) { Properties = context.Properties(ref cursor, MqttPacketKind.Auth) };
    }
}
