using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Sessions;

/// <summary>
/// What a client asks for in CONNECT, and its own bounds. The session starts clean and ends with its connection.
/// </summary>
public sealed record MqttClientSessionOptions
{
    /// <summary>Protocol version.</summary>
    public MqttVersion Version { get; init; } = MqttVersion.V5;

    /// <summary>Empty lets the server choose.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>User name, if any.</summary>
    public string? UserName { get; init; }

    /// <summary>Password, if any.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Message for the case that this client vanishes.</summary>
    public MqttWill? Will { get; init; }

    /// <summary>Longest silence, seconds; 0 for no limit. The server may lower it.</summary>
    public ushort KeepAliveSeconds { get; init; } = 60;

    /// <summary>Unacknowledged QoS 1 messages that this side takes; a count, 1..65,535.</summary>
    public ushort ReceiveMaximum { get; init; } = 32;

    /// <summary>Topic aliases that this side takes; a count. A device hears few topics.</summary>
    public ushort TopicAliasMaximum { get; init; } = 8;

    /// <summary>Largest packet that this side takes, bytes.</summary>
    public int PacketBytesMax { get; init; } = 1024 * 1024;

    /// <summary>
    /// QoS 1 messages that wait for the server's receive maximum; a count. Full: the message is refused.
    /// </summary>
    public int SendQueueDepthMax { get; init; } = 256;

    /// <summary>Longest wait for CONNACK and for PINGRESP.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
