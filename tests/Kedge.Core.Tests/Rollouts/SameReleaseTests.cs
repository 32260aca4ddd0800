using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using static Kedge.Tests.Support.Fleets;

namespace Kedge.Core.Tests.Rollouts;

/// <summary>Which changes of a deployment need no trial, since every device runs what it ran.</summary>
public sealed class SameReleaseTests
{
    private static readonly DeploymentSpec _stable = Deployment("bearing", "m:v1");

    [Fact]
    public void A_change_of_labels_needs_no_trial() =>
        Assert.Equal(RolloutPhase.Complete, PhaseOf(_stable with { Labels = _stable.Labels.Add("team", "x") }));

    [Fact]
    public void How_models_are_run_goes_by_waves_too()
    {
        ModelChoice model = _stable.Models[0];
        ImmutableArray<DeploymentSpec> changes =
        [
            _stable with { ModelMemoryBytes = 1 << 20 },
            _stable with { Models = [model with { Serving = new ServingSpec { Weight = 2 } }] },
            _stable with { Models = [model with { Serving = new ServingSpec { Batching = new BatchingSpec() } }] },
            _stable with
            {
                Models =
                [
                    model with
                    {
                        Package = "m",
                        Digest = default,
                        Versions = new VersionsSpec.All(),
                        Picked = [new PickedVersion("v1", model.Digest)],
                    },
                ],
            },
        ];
        Assert.All(changes, static change => Assert.Equal(RolloutPhase.Progressing, PhaseOf(change)));
    }

    private static RolloutPhase PhaseOf(DeploymentSpec change)
    {
        DeploymentSnapshot next = new(
            change with { Strategy = new StrategySpec { Kind = StrategyKind.Waves } }, 2, false)
        {
            Rollout = new RolloutState
            {
                Target = 1,
                Stable = new StableRevision(1, _stable),
                Phase = RolloutPhase.Complete,
                StartedAtMs = 1,
                ChangedAtMs = 1,
            },
        };
        RolloutMember member = new()
        {
            Device = new DeviceId("d"), Labels = _stable.Labels, Online = true, Held = 1,
        };
        return RolloutPlanner.Plan(next, [member], 10).State.Phase;
    }
}
