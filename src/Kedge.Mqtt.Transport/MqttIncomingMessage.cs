using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// A message from the server. At QoS 1 the server keeps it as unanswered until <see cref="Acknowledge"/>.
/// </summary>
public sealed class MqttIncomingMessage
{
    private readonly Action<MqttReasonCode> _acknowledge;
    private int _answered;

    internal MqttIncomingMessage(MqttPacket.Publish message, Action<MqttReasonCode> acknowledge)
    {
        Message = message;
        _acknowledge = acknowledge;
    }

    /// <summary>The message, its topic whole.</summary>
    public MqttPacket.Publish Message { get; }

    /// <summary>
    /// Says that the message is committed (or refused): PUBACK leaves, after those of earlier messages. From any
    /// thread, never
    /// blocks. A second call, a call at QoS 0 and a call after the end of the connection do nothing.
    /// </summary>
    public void Acknowledge(MqttReasonCode reason = MqttReasonCode.Success)
    {
        if (Interlocked.Exchange(ref _answered, 1) == 0 && Message.Qos == MqttQos.AtLeastOnce)
        {
            _acknowledge(reason);
        }
    }
}
