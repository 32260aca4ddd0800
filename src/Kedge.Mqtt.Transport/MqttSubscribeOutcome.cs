using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>What came of one SUBSCRIBE or UNSUBSCRIBE.</summary>
public abstract record MqttSubscribeOutcome
{
    private MqttSubscribeOutcome()
    {
    }

    /// <summary>The server answered; one reason for each filter (none for an UNSUBSCRIBE on 3.1.1).</summary>
    public sealed record Answered(ImmutableArray<MqttReasonCode> Reasons) : MqttSubscribeOutcome
    {
        /// <summary>True when every filter was granted.</summary>
        public bool IsGranted => Reasons.All(reason => !reason.IsFailure());
    }

    /// <summary>It never left: a limit or a rule forbids it.</summary>
    public sealed record NotSent(MqttProtocolError Error) : MqttSubscribeOutcome;

    /// <summary>The connection ended before the answer.</summary>
    public sealed record ConnectionEnded(MqttClosed Closed) : MqttSubscribeOutcome;
}
