using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;

namespace Kedge.ControlPlane.Manifests;

/// <summary>What came of reading YAML text.</summary>
[Closed]
public abstract record ManifestTextOutcome
{
    private ManifestTextOutcome()
    {
    }

    /// <summary>The documents, not yet held against any kind. Never compared as a record.</summary>
    /// <param name="Documents">In the order of the text, without empty ones.</param>
    public sealed record Read(ImmutableArray<ManifestNode> Documents) : ManifestTextOutcome;

    /// <summary>The text cannot be read. Never compared as a record.</summary>
    /// <param name="Findings">What is wrong: one, since nothing can be said of what comes after it.</param>
    public sealed record Invalid(ImmutableArray<Finding> Findings) : ManifestTextOutcome;
}
