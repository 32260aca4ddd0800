namespace Kedge.Mqtt.Packets;

/// <summary>Quality of service, with the numbers of the standard (MQTT 5.0 §4.3).</summary>
public enum MqttQos : byte
{
    /// <summary>QoS 0: sent once, never answered.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: answered by PUBACK, may come twice.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: the codec knows it, the sessions refuse it.</summary>
    ExactlyOnce = 2,
}
