using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust;

/// <summary>Whether a signing policy lets a model be run, given who signed it.</summary>
[Closed]
public abstract record PolicyVerdict
{
    private PolicyVerdict()
    {
    }

    /// <summary>A listed, unrevoked key that may sign this model has signed it.</summary>
    /// <param name="KeyId">That key.</param>
    public sealed record Allowed(Digest KeyId) : PolicyVerdict;

    /// <summary>No such key has. Never compared.</summary>
    /// <param name="Findings">For each key, why it does not count; at least one.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings) : PolicyVerdict;
}
