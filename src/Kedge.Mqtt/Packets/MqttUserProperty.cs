namespace Kedge.Mqtt.Packets;

/// <summary>A name and value that the application gives meaning to; names may repeat (MQTT 5.0 §3.1.2.11.8).</summary>
/// <param name="Name">0..65,535 bytes of UTF-8.</param>
/// <param name="Value">0..65,535 bytes of UTF-8.</param>
public readonly record struct MqttUserProperty(string Name, string Value);
