using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>What a plan makes of rollouts, as events for people.</summary>
internal static class RolloutHappenings
{
    /// <summary>One event for every rollout that began, went on, stopped or ended.</summary>
    public static IEnumerable<EventWrite> Of(
        ImmutableArray<DeploymentSnapshot> deployments, FleetPlan plan, long nowMs)
    {
        Dictionary<DeploymentId, DeploymentSnapshot> byId = deployments.ToDictionary(d => d.Spec.Id);
        foreach (RolloutStep step in plan.Rollouts)
        {
            DeploymentSnapshot deployment = byId[step.Deployment];
            if (deployment.Spec.Strategy.Kind == StrategyKind.Waves && Of(deployment.Rollout, step) is { } happening)
            {
                yield return happening with { AtMs = nowMs, Deployment = step.Deployment };
            }
        }
    }

    private static EventWrite? Of(RolloutState? before, RolloutStep step)
    {
        RolloutState state = step.State;
        bool isNew = before?.Target != state.Target;
        return isNew && state.Phase == RolloutPhase.Progressing
                ? Say("RolloutStarted", $"Revision {state.Target} begins: {Devices(step.WaveLimit)} first.")
            : isNew || state.Phase != before?.Phase ? OfPhase(state)
            : state.Wave > before.Wave
                ? Say(
                    "RolloutWave",
                    $"Wave {state.Wave + 1} of {step.Waves}: {Devices(step.WaveLimit)} may have it.")
            : null;
    }

    private static EventWrite? OfPhase(RolloutState state) => state.Phase switch
    {
        RolloutPhase.Complete => Say(
            "RolloutComplete", $"Revision {state.Target} passed and is the stable one from now on."),
        RolloutPhase.RolledBack when state.Stable is { } stable => Say(
            "RolloutRolledBack", $"Nobody has revision {state.Target} any more; revision {stable.Revision} serves."),
        RolloutPhase.RolledBack => Say(
            "RolloutRolledBack", $"Nobody has revision {state.Target} any more; there is no stable revision yet."),
        RolloutPhase.RollingBack => Why("RolloutRollingBack", state),
        RolloutPhase.Paused => Why("RolloutPaused", state),
        RolloutPhase.Progressing => null,
        RolloutPhase.Unknown => throw Check.Unreachable(state.Phase),
    };

    private static string Devices(int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} device{(count == 1 ? "" : "s")}");

    private static EventWrite Say(string reason, FormattableString message) =>
        new() { AtMs = 0, Reason = reason, Message = message.ToString(CultureInfo.InvariantCulture) };

    private static EventWrite Why(string reason, RolloutState state) =>
        new() { AtMs = 0, Reason = reason, Message = state.Reason, Code = state.Code, Warning = true };
}
