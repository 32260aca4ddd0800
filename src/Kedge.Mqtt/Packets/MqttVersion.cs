namespace Kedge.Mqtt.Packets;

/// <summary>The protocol level of a connection, with the number that CONNECT carries (MQTT 5.0 §3.1.2.2).</summary>
public enum MqttVersion : byte
{
    /// <summary>Not known yet: no CONNECT has been read.</summary>
    Unknown = 0,

    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V5 = 5,
}
