using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Core.Rollouts;

/// <summary>One deployment as it stands.</summary>
/// <param name="Spec">What was asked, packages resolved.</param>
/// <param name="Revision">Its revision, from 1.</param>
/// <param name="Deleting">True when it is to go.</param>
public sealed record DeploymentSnapshot(DeploymentSpec Spec, long Revision, bool Deleting)
{
    /// <summary>Where its rollout stands; null before the first plan of it.</summary>
    public RolloutState? Rollout { get; init; }

    /// <summary>What its packages say of their tensors; read only where a gate on drift asks for it.</summary>
    public ImmutableArray<DriftReference> References { get; init; } = [];
}
