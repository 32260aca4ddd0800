using Kedge.Core.Deployments;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// The devices that each rollout may reach, while one plan is made. A device on which the target turned out not to fit
/// beside what runs there is left out of the plan, so that its turn goes to the next.
/// </summary>
internal sealed class FleetMembers(FleetSnapshot snapshot)
{
    private readonly HashSet<(DeploymentId, DeviceId)> _refused = [];

    /// <summary>Revision that a desired state asks for; 0 for none.</summary>
    public static long HeldRevision(DeviceSnapshot device, DeploymentId deployment)
    {
        foreach (Desired.WorkloadSpec workload in device.Desired)
        {
            if (workload.Deployment == deployment)
            {
                return workload.Revision;
            }
        }

        return 0;
    }

    /// <summary>
    /// Those that have the newest revision or could run it. Nobody where no wave runs: nobody is asked.
    /// </summary>
    public IReadOnlyList<RolloutMember> Of(DeploymentSnapshot deployment)
    {
        bool isSettled = deployment.Rollout is { } rollout && rollout.Target == deployment.Revision
            && rollout.Phase is RolloutPhase.Complete or RolloutPhase.RolledBack;
        if (isSettled || deployment.Spec.Strategy.Kind != StrategyKind.Waves)
        {
            return [];
        }

        List<RolloutMember> members = [];
        foreach (DeviceSnapshot device in snapshot.Devices)
        {
            long held = HeldRevision(device, deployment.Spec.Id);
            if (!device.Revoked && (held == deployment.Revision || CanRun(deployment, device)))
            {
                members.Add(Member(deployment.Spec.Id, device, held));
            }
        }

        return members;
    }

    private bool CanRun(DeploymentSnapshot deployment, DeviceSnapshot device) =>
        !_refused.Contains((deployment.Spec.Id, device.Id))
        && PlacementPlanner.Place(deployment.Spec, device, snapshot.Packages, new ResourcesTaken(0, 0))
            is PlacementVerdict.Chosen;

    /// <summary>One device as a rollout sees it.</summary>
    public static RolloutMember Member(DeploymentId deployment, DeviceSnapshot device) =>
        Member(deployment, device, HeldRevision(device, deployment));

    private static RolloutMember Member(DeploymentId deployment, DeviceSnapshot device, long held)
    {
        WorkloadReport? report = device.Reported.GetValueOrDefault(deployment);
        bool isOfHeld = report is not null && held > 0 && report.TargetRevision == held;
        return new RolloutMember
        {
            Device = device.Id,
            Labels = device.Labels,
            Online = device.Online,
            Held = held,
            Release = device.Desired.FirstOrDefault(w => w.Deployment == deployment)?.Digest ?? default,
            Figures = device.Figures.GetValueOrDefault(deployment, []),
            Standing = !isOfHeld ? MemberStanding.Changing
                : report!.GaveUp ? MemberStanding.Failed // Of what is held, so it is there.
                : report.ServingRevision == held ? MemberStanding.Serving
                : MemberStanding.Changing,
            Answers = report?.ServingRevision > 0,
            Problem = isOfHeld ? report!.Problem : "", // Of what is held, so it is there.
            Standby = report?.Standby ?? "",
        };
    }

    /// <summary>Leaves out whom a plan exposed in vain; false when there was nobody.</summary>
    public bool LeaveOutRefused(IEnumerable<DeploymentSnapshot> deployments, FleetPlan plan)
    {
        Dictionary<DeploymentId, long> revisions = deployments.ToDictionary(d => d.Spec.Id, d => d.Revision);
        Dictionary<DeviceId, DeviceChange> changes = plan.Changes.ToDictionary(c => c.Device);
        bool isAnybodyNew = false;
        foreach (RolloutStep step in plan.Rollouts)
        {
            foreach (DeviceId device in step.Exposes)
            {
                bool isPlaced = changes.TryGetValue(device, out DeviceChange? change)
                    && change.Workloads.Any(
                        w => w.Deployment == step.Deployment && w.Revision == revisions[step.Deployment]);
                isAnybodyNew |= !isPlaced && _refused.Add((step.Deployment, device));
            }
        }

        return isAnybodyNew;
    }
}
