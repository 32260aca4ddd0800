using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a manifest.</summary>
[Closed]
public abstract record ApplyOutcome
{
    private ApplyOutcome()
    {
    }

    /// <summary>All of it holds (or would, for a dry run). Never compared as a record.</summary>
    /// <param name="Revision">Store revision from now on.</param>
    /// <param name="Results">One for each change, in their order.</param>
    public sealed record Committed(long Revision, ImmutableArray<ApplyResult> Results) : ApplyOutcome;

    /// <summary>One object cannot be applied: nothing changed.</summary>
    /// <param name="Index">Which change, from 0.</param>
    /// <param name="Why">Why not.</param>
    /// <param name="Held">Revision or version that it has, or the package that is missing; may be empty.</param>
    public sealed record Refused(int Index, ApplyRefusal Why, string Held) : ApplyOutcome;
}
