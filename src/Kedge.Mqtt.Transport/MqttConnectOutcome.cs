using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>What came of one CONNECT.</summary>
public abstract record MqttConnectOutcome
{
    private MqttConnectOutcome()
    {
    }

    /// <summary>The server took the connection.</summary>
    public sealed record Connected(MqttClientConnection Connection, MqttPacket.ConnAck Answer) : MqttConnectOutcome;

    /// <summary>
    /// The server refused, or the connection ended before it answered; <see cref="MqttClosed.By"/> tells which.
    /// </summary>
    public sealed record Failed(MqttClosed Closed) : MqttConnectOutcome;
}
