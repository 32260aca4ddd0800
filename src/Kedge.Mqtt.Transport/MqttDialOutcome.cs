using Kedge.Core.Errors;

namespace Kedge.Mqtt.Transport;

/// <summary>What came of one attempt to reach a broker.</summary>
public abstract record MqttDialOutcome
{
    private MqttDialOutcome()
    {
    }

    /// <summary>An encrypted stream to the broker; the caller owns it.</summary>
    public sealed record Reached(Stream Stream) : MqttDialOutcome;

    /// <summary>It could not be reached, or one side did not accept the other.</summary>
    public sealed record Failed(Finding Finding) : MqttDialOutcome;
}
