using Kedge.Core.Deployments;

namespace Kedge.Core.Rollouts;

/// <summary>Where a rollout stands. Persisted; never renumbered.</summary>
public enum RolloutPhase
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Wave after wave takes the target.</summary>
    Progressing = 1,

    /// <summary>
    /// Nobody new takes the target until somebody resumes it; who has it keeps it and is still judged.
    /// </summary>
    Paused = 2,

    /// <summary>Whoever has the target is brought back to the stable revision.</summary>
    RollingBack = 3,

    /// <summary>Nobody has the target any more; the stable revision serves.</summary>
    RolledBack = 4,

    /// <summary>The target is the stable revision of everybody, also of those who come later.</summary>
    Complete = 5,
}

/// <summary>
/// What must be remembered of one rollout. Which devices have the target is not here: their desired states say so, and
/// there is no second list that could disagree.
/// </summary>
public sealed record RolloutState
{
    /// <summary>The deployment's revision that is rolled out, from 1.</summary>
    public required long Target { get; init; }

    /// <summary>The revision that passed before, and what it asks for; null when there was none.</summary>
    public StableRevision? Stable { get; init; }

    /// <summary>Where it stands.</summary>
    public required RolloutPhase Phase { get; init; }

    /// <summary>The wave that runs, from 0: the canaries.</summary>
    public int Wave { get; init; }

    /// <summary>Since when all of the wave serve, Unix ms; 0 while they do not.</summary>
    public long SoakFromMs { get; init; }

    /// <summary>When it began, or was resumed, Unix ms; the deadline counts from here.</summary>
    public required long StartedAtMs { get; init; }

    /// <summary>When the phase or the wave last changed, Unix ms.</summary>
    public required long ChangedAtMs { get; init; }

    /// <summary>True when a person let everybody have it now: no wave waits for its soak.</summary>
    public bool Promoted { get; init; }

    /// <summary>Stable code of why it is paused or taken back; empty when all is well.</summary>
    public string Code { get; init; } = "";

    /// <summary>One sentence that says why it is paused or taken back; empty when all is well.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>The revision that serves where the target does not, kept whole: history may forget it.</summary>
/// <param name="Revision">Its number, from 1.</param>
/// <param name="Spec">What it asks for.</param>
public sealed record StableRevision(long Revision, DeploymentSpec Spec);
