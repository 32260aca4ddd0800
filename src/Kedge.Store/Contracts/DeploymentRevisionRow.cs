using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>One revision of a deployment that is kept. Never compared as a record.</summary>
public sealed record DeploymentRevisionRow
{
    /// <summary>Whose.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>Its number, from 1.</summary>
    public required long SpecRevision { get; init; }

    /// <summary>The spec, whole, JSON.</summary>
    public required string SpecJson { get; init; }

    /// <summary>Packages that it was resolved to, in order of their digests.</summary>
    public required ImmutableArray<Digest> Packages { get; init; }

    /// <summary>When it was applied, Unix ms.</summary>
    public required long AppliedAtMs { get; init; }

    /// <summary>Who and why.</summary>
    public required string Cause { get; init; }
}
