using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Where the rollout of one deployment stands.</summary>
public sealed record RolloutRow
{
    /// <summary>Name of the deployment.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>Store revision that last changed it: compare-and-set on it.</summary>
    public required long Revision { get; init; }

    /// <summary>The whole state, JSON.</summary>
    public required string StateJson { get; init; }

    /// <summary>When it was last changed, Unix ms.</summary>
    public required long AtMs { get; init; }
}
