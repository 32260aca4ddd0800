namespace Kedge.Mqtt.Sessions;

/// <summary>What a broker grants one client, and its own bounds.</summary>
public sealed record MqttBrokerSessionOptions
{
    /// <summary>Unacknowledged QoS 1 messages that this side takes; a count, 1..65,535.</summary>
    public ushort ReceiveMaximum { get; init; } = 32;

    /// <summary>Topic aliases that this side takes; a count. A device publishes on a handful of topics.</summary>
    public ushort TopicAliasMaximum { get; init; } = 16;

    /// <summary>Largest packet that this side takes, bytes.</summary>
    public int PacketBytesMax { get; init; } = 256 * 1024;

    /// <summary>
    /// QoS 1 messages that wait for the client's receive maximum; a count. Full: the message is refused.
    /// </summary>
    public int SendQueueDepthMax { get; init; } = 64;

    /// <summary>
    /// Longest keep-alive granted, seconds; 0 for no bound. A client that asks for more, or for none, is told this.
    /// </summary>
    public ushort KeepAliveSecondsMax { get; init; } = 300;

    /// <summary>Longest wait for CONNECT.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>False: filters with wildcards are answered by 0xA2, and CONNACK says so.</summary>
    public bool WildcardSubscriptions { get; init; } = true;
}
