using System.Collections.Immutable;

namespace Kedge.Store.Contracts;

/// <summary>What one plan changes: all of it or nothing. Never compared as a record.</summary>
public sealed record DesiredCommit
{
    /// <summary>Store revision that the plan was made from; kept for the record.</summary>
    public required long PlanRevision { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>1..<see cref="StoreLimits.DesiredChangesMax"/> changes, each of another device.</summary>
    public required ImmutableArray<DesiredChange> Changes { get; init; }
}
