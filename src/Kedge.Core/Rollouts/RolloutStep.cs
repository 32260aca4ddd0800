using System.Collections.Immutable;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Core.Rollouts;

/// <summary>What the planner decided about one rollout.</summary>
public sealed record RolloutStep
{
    /// <summary>Whose.</summary>
    public required DeploymentId Deployment { get; init; }

    /// <summary>The state from now on.</summary>
    public required RolloutState State { get; init; }

    /// <summary>Devices that take the target now and did not have it before.</summary>
    public ImmutableSortedSet<DeviceId> Exposes { get; init; } = [];

    /// <summary>How many devices may have the target in this wave; all of them in the last.</summary>
    public int WaveLimit { get; init; }

    /// <summary>How many waves there are.</summary>
    public int Waves { get; init; }

    /// <summary>What it waits for, a sentence each; empty when it waits for nothing.</summary>
    public ImmutableArray<string> Waits { get; init; } = [];

    /// <summary>What each gate says now; empty without gates, or when nobody has the target.</summary>
    public ImmutableArray<GateReading> Gates { get; init; } = [];

    /// <summary>
    /// Devices that it may reach, from which the step was made; none when it is complete or went back.
    /// </summary>
    internal IReadOnlyList<RolloutMember> Members { get; init; } = [];

    /// <summary>When time alone moves it on, Unix ms; null when it does not.</summary>
    public long? WakeAtMs { get; init; }
}
