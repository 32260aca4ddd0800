using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A deployment as a user wants it. Never compared as a record.</summary>
public sealed record DeploymentWrite
{
    /// <summary>Its name.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>The whole spec, JSON; the same text as the newest revision changes nothing.</summary>
    public required string SpecJson { get; init; }

    /// <summary>Packages that the spec was resolved to; each must be there.</summary>
    public required ImmutableArray<Digest> Packages { get; init; }

    /// <summary>
    /// Revision that the change was made from, 0 when it must not exist yet; null for whichever holds.
    /// </summary>
    public long? ExpectedRevision { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>Who and why, for the history: <c>apply by ada</c>, <c>undo to 3 by ada</c>.</summary>
    public string Cause { get; init; } = "";
}
