namespace Kedge.Mqtt.Packets;

/// <summary>The message that the server publishes when a client leaves without saying so (MQTT 5.0 §3.1.2.5).</summary>
public sealed record MqttWill
{
    /// <summary>Where it goes.</summary>
    public required string Topic { get; init; }

    /// <summary>0..65,535 bytes.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Quality of service.</summary>
    public MqttQos Qos { get; init; }

    /// <summary>Ask the server to keep it.</summary>
    public bool Retain { get; init; }

    /// <summary>Will properties, MQTT 5 only.</summary>
    public MqttProperties Properties { get; init; } = MqttProperties.None;
}
