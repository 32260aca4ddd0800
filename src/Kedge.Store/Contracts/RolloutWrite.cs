using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A new state of the rollout of one deployment.</summary>
public sealed record RolloutWrite
{
    /// <summary>Name of the deployment; it must be there.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>Revision of the row that the change was made from; 0 when there must be none yet.</summary>
    public required long Parent { get; init; }

    /// <summary>The whole state, JSON.</summary>
    public required string StateJson { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }
}
