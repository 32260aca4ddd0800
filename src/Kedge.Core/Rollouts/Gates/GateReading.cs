namespace Kedge.Core.Rollouts.Gates;

/// <summary>What a gate says.</summary>
public enum GateStanding
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Too few requests yet: the wave waits.</summary>
    Waiting = 1,

    /// <summary>Nothing speaks against the new revision.</summary>
    Passing = 2,

    /// <summary>The new revision is worse than allowed, beyond doubt.</summary>
    Failed = 3,
}

/// <summary>One gate at one look.</summary>
/// <param name="Gate">Its name: <c>errors</c>, <c>latency p99</c>.</param>
/// <param name="Standing">What it says.</param>
/// <param name="Text">The figures in one sentence, without the gate's name.</param>
public sealed record GateReading(string Gate, GateStanding Standing, string Text);
