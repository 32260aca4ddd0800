using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;

namespace Kedge.Core.Rollouts;

/// <summary>
/// A second opinion on every plan of a rollout before it is committed: it counts who would have the target, from the
/// desired states alone, and knows nothing of how devices were picked. The simulator uses it as a checker too.
/// </summary>
public static class RolloutCheck
{
    /// <summary>All that is wrong with a plan; empty when it may be committed.</summary>
    /// <param name="snapshot">The fleet that it was made from.</param>
    /// <param name="plan">The plan.</param>
    public static ImmutableArray<Finding> Findings(FleetSnapshot snapshot, FleetPlan plan)
    {
        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> after =
            snapshot.Devices.ToDictionary(d => d.Id, d => d.Desired);
        foreach (DeviceChange change in plan.Changes)
        {
            after[change.Device] = change.Workloads;
        }

        foreach (RolloutStep step in plan.Rollouts)
        {
            DeploymentSnapshot deployment = snapshot.Deployments.First(d => d.Spec.Id == step.Deployment);
            if (deployment.Spec.Strategy.Kind == StrategyKind.Waves && Broken(snapshot, step, after) is string broken)
            {
                findings.Add(RolloutErrors.BrokenPlan.At($"{step.Deployment}: {broken}"));
            }
        }

        return findings.ToImmutable();
    }

    private static string? Broken(
        FleetSnapshot snapshot, RolloutStep step, Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> after)
    {
        long target = step.State.Target;
        bool HasTarget(ImmutableArray<WorkloadSpec> workloads) =>
            workloads.Any(w => w.Deployment == step.Deployment && w.Revision == target);
        int before = snapshot.Devices.Count(d => HasTarget(d.Desired));
        int then = after.Values.Count(HasTarget);
        int added = snapshot.Devices.Count(d => !HasTarget(d.Desired) && HasTarget(after[d.Id]));
        return step.State.Phase switch
        {
            RolloutPhase.Progressing when added > 0 && then > step.WaveLimit => string.Create(
                CultureInfo.InvariantCulture, $"{then} devices would have revision {target}, {step.WaveLimit} may"),
            RolloutPhase.Paused or RolloutPhase.RollingBack or RolloutPhase.RolledBack when added > 0 => string.Create(
                CultureInfo.InvariantCulture,
                $"{added} devices would be given revision {target} while it stands still"),
            RolloutPhase.RolledBack when before > 0 => string.Create(
                CultureInfo.InvariantCulture, $"{before} devices still have revision {target}"),
            _ => null,
        };
    }
}
