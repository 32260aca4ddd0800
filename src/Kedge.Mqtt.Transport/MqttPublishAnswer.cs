using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>A server's answer to one message.</summary>
/// <param name="Reason">Success when committed; a code that PUBACK may carry.</param>
/// <param name="Why">A sentence for people; sent at QoS 1 on MQTT 5 if the client wants such.</param>
public readonly record struct MqttPublishAnswer(MqttReasonCode Reason, string? Why = null)
{
    /// <summary>The message is committed.</summary>
    public static readonly MqttPublishAnswer Committed = new(MqttReasonCode.Success);
}
