using System.Collections.Immutable;

namespace Kedge.Store.Contracts;

/// <summary>What one plan changes: all of it or nothing. Never compared as a record.</summary>
public sealed record DesiredCommit
{
    /// <summary>Store revision that the plan was made from; kept for the record.</summary>
    public required long PlanRevision { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>
    /// At most <see cref="StoreLimits.DesiredChangesMax"/> changes, each of another device; at least one when no
    /// rollout changes.
    /// </summary>
    public required ImmutableArray<DesiredChange> Changes { get; init; }

    /// <summary>At most <see cref="StoreLimits.RolloutChangesMax"/> changes, each of another deployment.</summary>
    public ImmutableArray<RolloutWrite> Rollouts { get; init; } = [];
}
