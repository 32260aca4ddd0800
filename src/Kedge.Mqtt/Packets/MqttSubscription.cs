namespace Kedge.Mqtt.Packets;

/// <summary>
/// One topic filter of a SUBSCRIBE with its options (MQTT 5.0 §3.8.3.1). On 3.1.1 only <see cref="Qos"/>.
/// </summary>
/// <param name="Filter">1..65,535 bytes of UTF-8; syntax is judged by <see cref="Topics.MqttTopic"/>, not by the
/// codec.</param>
/// <param name="Qos">The highest QoS that the client wants.</param>
public sealed record MqttSubscription(string Filter, MqttQos Qos)
{
    /// <summary>Messages of this client are not sent back to it.</summary>
    public bool NoLocal { get; init; }

    /// <summary>The RETAIN flag is kept as published.</summary>
    public bool RetainAsPublished { get; init; }

    /// <summary>When retained messages are sent.</summary>
    public MqttRetainHandling RetainHandling { get; init; }
}
