using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>What a server grants a client, and the bounds of its link.</summary>
public sealed record MqttServerOptions
{
    /// <summary>What CONNACK grants.</summary>
    public MqttBrokerSessionOptions Session { get; init; } = new();

    /// <summary>Bounds of the shell.</summary>
    public MqttLinkOptions Link { get; init; } = new();

    /// <summary>Filters of one SUBSCRIBE or UNSUBSCRIBE; a count.</summary>
    public int FiltersMax { get; init; } = 16;
}
