namespace Kedge.Mqtt.Packets;

/// <summary>The type of a control packet, the high half of its first byte (MQTT 5.0 §2.1.2).</summary>
public enum MqttPacketKind : byte
{
    /// <summary>Reserved by the standard; never on the wire.</summary>
    Unknown = 0,

    /// <summary>Client asks for a connection.</summary>
    Connect = 1,

    /// <summary>Server answers CONNECT.</summary>
    ConnAck = 2,

    /// <summary>A message, either way.</summary>
    Publish = 3,

    /// <summary>Answer to a QoS 1 PUBLISH.</summary>
    PubAck = 4,

    /// <summary>First answer to a QoS 2 PUBLISH.</summary>
    PubRec = 5,

    /// <summary>Second step of the QoS 2 sender.</summary>
    PubRel = 6,

    /// <summary>Last answer of the QoS 2 receiver.</summary>
    PubComp = 7,

    /// <summary>Client asks for subscriptions.</summary>
    Subscribe = 8,

    /// <summary>Server answers SUBSCRIBE.</summary>
    SubAck = 9,

    /// <summary>Client ends subscriptions.</summary>
    Unsubscribe = 10,

    /// <summary>Server answers UNSUBSCRIBE.</summary>
    UnsubAck = 11,

    /// <summary>Client shows that it lives.</summary>
    PingReq = 12,

    /// <summary>Server answers PINGREQ.</summary>
    PingResp = 13,

    /// <summary>The last packet of a connection.</summary>
    Disconnect = 14,

    /// <summary>Enhanced authentication, MQTT 5 only.</summary>
    Auth = 15,
}
