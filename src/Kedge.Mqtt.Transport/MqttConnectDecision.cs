using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>A server's answer to CONNECT.</summary>
public abstract record MqttConnectDecision
{
    private MqttConnectDecision()
    {
    }

    /// <summary>Take the client.</summary>
    /// <param name="AssignedClientId">Required when the client sent none; ignored when it sent one.</param>
    public sealed record Accept(string? AssignedClientId = null) : MqttConnectDecision;

    /// <summary>Do not take it.</summary>
    /// <param name="Reason">A failure code that CONNACK may carry.</param>
    /// <param name="Why">A sentence for people; it is sent to the client on MQTT 5.</param>
    public sealed record Refuse(MqttReasonCode Reason, string? Why = null) : MqttConnectDecision;
}
