namespace Kedge.Mqtt.Packets;

/// <summary>When retained messages are sent at SUBSCRIBE (MQTT 5.0 §3.8.3.1).</summary>
public enum MqttRetainHandling : byte
{
    /// <summary>At every SUBSCRIBE.</summary>
    Send = 0,

    /// <summary>Only if the subscription did not exist.</summary>
    SendIfNew = 1,

    /// <summary>Never.</summary>
    DoNotSend = 2,
}
