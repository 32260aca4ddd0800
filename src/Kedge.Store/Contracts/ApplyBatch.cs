using System.Collections.Immutable;

namespace Kedge.Store.Contracts;

/// <summary>What one manifest changes: all of it or nothing. Never compared as a record.</summary>
public sealed record ApplyBatch
{
    /// <summary>1..<see cref="Kedge.Core.Limits.ManifestDocumentsMax"/> changes, applied in this order.</summary>
    public required ImmutableArray<ApplyChange> Changes { get; init; }

    /// <summary>True to learn the outcome and keep nothing.</summary>
    public bool DryRun { get; init; }
}
