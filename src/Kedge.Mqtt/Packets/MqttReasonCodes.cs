namespace Kedge.Mqtt.Packets;

/// <summary>Which reason codes each packet may carry, and how they map to MQTT 3.1.1 return codes.</summary>
public static class MqttReasonCodes
{
    /// <summary>True from 0x80 on: the operation failed (MQTT 5.0 §2.4).</summary>
    public static bool IsFailure(this MqttReasonCode reason) => reason >= MqttReasonCode.UnspecifiedError;

    /// <summary>True when MQTT 5.0 lets a packet of this kind carry this code (tables 2-6 and 3-1 onwards).</summary>
    public static bool IsAllowed(MqttPacketKind kind, MqttReasonCode reason)
    {
        byte code = (byte)reason;
        return kind switch
        {
            MqttPacketKind.ConnAck => code is 0 or (>= 0x80 and <= 0x8A) or 0x8C or 0x90 or 0x95 or 0x97
                or (>= 0x99 and <= 0x9D) or 0x9F,
            MqttPacketKind.PubAck or MqttPacketKind.PubRec => code is 0 or 0x10 or 0x80 or 0x83 or 0x87 or 0x90 or 0x91
                or 0x97 or 0x99,
            MqttPacketKind.PubRel or MqttPacketKind.PubComp => code is 0 or 0x92,
            MqttPacketKind.SubAck => code is <= 2 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91 or 0x97 or 0x9E or 0xA1
                or 0xA2,
            MqttPacketKind.UnsubAck => code is 0 or 0x11 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91,
            MqttPacketKind.Disconnect => code is 0 or 4 or (>= 0x80 and <= 0x83) or 0x87 or 0x89 or 0x8B
                or (>= 0x8D and <= 0x90) or (>= 0x93 and <= 0xA2),
            MqttPacketKind.Auth => code is 0 or 0x18 or 0x19,
            MqttPacketKind.Unknown or MqttPacketKind.Connect or MqttPacketKind.Publish or MqttPacketKind.Subscribe
                or MqttPacketKind.Unsubscribe or MqttPacketKind.PingReq or MqttPacketKind.PingResp => false,
        };
    }

    /// <summary>The CONNACK return code of MQTT 3.1.1 (§3.2.2.3), 0..5, that comes nearest.</summary>
    public static byte ToConnectReturnCode(MqttReasonCode reason) => reason switch
    {
        MqttReasonCode.Success => 0,
        MqttReasonCode.UnsupportedProtocolVersion => 1,
        MqttReasonCode.ClientIdentifierNotValid => 2,
        MqttReasonCode.BadUserNameOrPassword or MqttReasonCode.BadAuthenticationMethod => 4,
        MqttReasonCode.NotAuthorized or MqttReasonCode.Banned => 5,
        _ => 3,
    };

    /// <summary>The reason code of an MQTT 3.1.1 CONNACK return code; null above 5, which is reserved.</summary>
    public static MqttReasonCode? FromConnectReturnCode(byte code) => code switch
    {
        0 => MqttReasonCode.Success,
        1 => MqttReasonCode.UnsupportedProtocolVersion,
        2 => MqttReasonCode.ClientIdentifierNotValid,
        3 => MqttReasonCode.ServerUnavailable,
        4 => MqttReasonCode.BadUserNameOrPassword,
        5 => MqttReasonCode.NotAuthorized,
        _ => null,
    };
}
