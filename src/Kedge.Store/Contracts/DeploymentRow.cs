using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>One deployment at its newest revision.</summary>
public sealed record DeploymentRow
{
    /// <summary>Its name.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>Store revision that last changed it: compare-and-set on it.</summary>
    public required long Revision { get; init; }

    /// <summary>Number of its newest spec: 1 for the first, then growing by one.</summary>
    public required long SpecRevision { get; init; }

    /// <summary>The newest spec, whole, JSON.</summary>
    public required string SpecJson { get; init; }

    /// <summary>When it was created, Unix ms.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>When the newest spec was applied, Unix ms.</summary>
    public required long AppliedAtMs { get; init; }

    /// <summary>Who and why.</summary>
    public string Cause { get; init; } = "";

    /// <summary>When its deletion was asked for, Unix ms; 0 while it stands.</summary>
    public long DeletedAtMs { get; init; }
}
