using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Core.Manifests;

/// <summary>What came of reading a manifest.</summary>
[Closed]
public abstract record ManifestOutcome
{
    private ManifestOutcome()
    {
    }

    /// <summary>Everything is as it should be.</summary>
    /// <param name="Set">The objects.</param>
    public sealed record Valid(ManifestSet Set) : ManifestOutcome;

    /// <summary>Something is wrong, so that nothing may be applied. Never compared as a record.</summary>
    /// <param name="Findings">All that is wrong, by line, at least one.</param>
    public sealed record Invalid(ImmutableArray<Finding> Findings) : ManifestOutcome;
}
