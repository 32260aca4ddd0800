using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>A client's session, the bounds of its link, and its handler.</summary>
public sealed record MqttClientOptions
{
    /// <summary>What CONNECT asks for.</summary>
    public MqttClientSessionOptions Session { get; init; } = new();

    /// <summary>Bounds of the shell.</summary>
    public MqttLinkOptions Link { get; init; } = new();

    /// <summary>Filters of one answer; a count.</summary>
    public int FiltersMax { get; init; } = 64;

    /// <summary>
    /// Gets each message in order. Nothing more is read until it returns: put the message in a queue and acknowledge it
    /// when it
    /// is committed. If it throws, the connection ends and <see cref="MqttClosed.Fault"/> says why.
    /// </summary>
    public required Func<MqttIncomingMessage, CancellationToken, ValueTask> OnMessage { get; init; }
}
