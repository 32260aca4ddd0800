namespace Kedge.Mqtt.Transport;

/// <summary>Bounds of one connection's shell, the same at both ends.</summary>
public sealed record MqttLinkOptions
{
    /// <summary>
    /// Bytes that may wait for a slow peer. Full: further messages are refused and reading pauses. 1 MiB.
    /// </summary>
    public int OutboxBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Longest time that one write may take before the connection counts as broken.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest packet before a client is accepted, bytes: strangers get little memory. 64 KiB.</summary>
    public int ConnectPacketBytesMax { get; init; } = 64 * 1024;
}
