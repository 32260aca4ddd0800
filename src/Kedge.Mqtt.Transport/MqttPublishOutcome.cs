using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>What came of one message.</summary>
public abstract record MqttPublishOutcome
{
    private MqttPublishOutcome()
    {
    }

    /// <summary>True when the peer took the message; at QoS 0: when it was handed over for sending.</summary>
    public bool IsTaken => this is Answered answered && !answered.Reason.IsFailure();

    /// <summary>The peer answered, or at QoS 0 no answer is due.</summary>
    public sealed record Answered(MqttReasonCode Reason, string? ReasonString) : MqttPublishOutcome;

    /// <summary>The message never left: a limit or a rule forbids it.</summary>
    public sealed record NotSent(MqttProtocolError Error) : MqttPublishOutcome;

    /// <summary>The connection ended before the answer; the peer may have the message or not.</summary>
    public sealed record ConnectionEnded(MqttClosed Closed) : MqttPublishOutcome;
}
