using System.Collections.Immutable;
using Kedge.Core.Desired;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// Decides what every device is to run.
/// <para>Problem: deployments, devices and packages change all the time; each device needs one whole state, numbered,
/// and a person needs to know why.</para>
/// <para>Approach: from one snapshot, deployment by deployment on each device, what runs already first, so that a
/// newcomer never pushes out what serves. A device gets a new generation only when its workloads, its key or its floor
/// ask for one.</para>
/// <para>Invariants: the same snapshot gives the same plan; planning again after the plan was executed gives no
/// change; a device that can no longer take a new revision keeps the one that it runs, unless it is taken back.</para>
/// <para>Which revision a device is asked for is decided by <see cref="RolloutPlanner"/>; a device that cannot take it
/// leaves its turn to the next.</para>
/// </summary>
public static class FleetPlanner
{
    /// <summary>Plans for one tenant.</summary>
    /// <param name="snapshot">The fleet.</param>
    /// <param name="releaseDigest">The digest of a workload, as the wire defines it.</param>
    public static FleetPlan Plan(FleetSnapshot snapshot, Func<WorkloadSpec, Digest> releaseDigest)
    {
        ImmutableArray<DeploymentSnapshot> deployments =
            [.. snapshot.Deployments.Where(d => !d.Deleting).OrderBy(d => d.Spec.Id)];
        FleetMembers members = new(snapshot);
        ReleaseCache releases = new(releaseDigest);
        while (true)
        {
            Dictionary<DeploymentId, RolloutStep> steps =
                deployments.ToDictionary(d => d.Spec.Id, d => Step(d, members.Of(d), snapshot.NowMs));
            FleetPlan plan = Plan(snapshot, deployments, steps, releases);
            if (!members.LeaveOutRefused(deployments, plan))
            {
                return plan;
            }
        }
    }

    private static RolloutStep Step(
        DeploymentSnapshot deployment, IReadOnlyList<RolloutMember> members, long nowMs) =>
        RolloutPlanner.Plan(deployment, members, nowMs) with { Members = members };

    private static FleetPlan Plan(
        FleetSnapshot snapshot,
        ImmutableArray<DeploymentSnapshot> deployments,
        Dictionary<DeploymentId, RolloutStep> steps,
        ReleaseCache releases)
    {
        Dictionary<DeploymentId, ImmutableSortedDictionary<DeviceId, PlacementVerdict>.Builder> reports =
            snapshot.Deployments.ToDictionary(
                d => d.Spec.Id, _ => ImmutableSortedDictionary.CreateBuilder<DeviceId, PlacementVerdict>());
        ImmutableArray<DeviceChange>.Builder changes = ImmutableArray.CreateBuilder<DeviceChange>();
        foreach (DeviceSnapshot device in snapshot.Devices.OrderBy(d => d.Id))
        {
            List<DeploymentSnapshot> offered = [];
            foreach (DeploymentSnapshot deployment in deployments)
            {
                long held = FleetMembers.HeldRevision(device, deployment.Spec.Id);
                RolloutStep step = steps[deployment.Spec.Id];
                DeploymentSnapshot? revision = RolloutPlanner.For(deployment, step, device.Id, held);
                if (revision is not null && WayBack(step.State, held, revision, device, snapshot) is { } none)
                {
                    reports[deployment.Spec.Id][device.Id] = none;
                }
                else if (revision is not null)
                {
                    offered.Add(revision);
                }
                else
                {
                    reports[deployment.Spec.Id][device.Id] = deployment.Spec.Selector.FirstMismatch(device.Labels)
                        is string mismatch
                        ? new PlacementVerdict.NotMatched(mismatch)
                        : new PlacementVerdict.NotMatched("the rollout has not come to this device");
                }
            }

            ImmutableArray<WorkloadSpec> workloads = PlanDevice(device, offered, snapshot, releases, reports);
            if (NeedsChange(device, workloads))
            {
                Generation above = device.Floor.CompareTo(device.Generation) > 0 ? device.Floor : device.Generation;
                changes.Add(new DeviceChange(device.Id, device.Key, device.Generation, above.Next, workloads));
            }
        }

        return new FleetPlan(
            changes.ToImmutable(),
            reports.ToImmutableSortedDictionary(r => r.Key, r => new PlacementReport(r.Value.ToImmutable())))
        {
            Rollouts = [.. deployments.Select(d => steps[d.Spec.Id])],
        };
    }

    /// <summary>
    /// Why there is no way back for a device: it has the revision that is taken back, and no variant of the stable one
    /// fits it. The revision is stopped there then, as where there is no stable one: nobody keeps what was taken back.
    /// </summary>
    private static PlacementVerdict.Refused? WayBack(
        RolloutState state, long held, DeploymentSnapshot stable, DeviceSnapshot device, FleetSnapshot snapshot) =>
        state.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack && held > 0 && held == state.Target
        && PlacementPlanner.Place(stable.Spec, device, snapshot.Packages, new ResourcesTaken(0, 0))
            is PlacementVerdict.Refused refused
        && refused.Findings.Any(static finding => finding.Code == PlacementErrors.NoVariant.Code)
            ? refused with { KeepsOld = false }
            : null;

    private static ImmutableArray<WorkloadSpec> PlanDevice(
        DeviceSnapshot device,
        List<DeploymentSnapshot> deployments,
        FleetSnapshot snapshot,
        ReleaseCache releases,
        Dictionary<DeploymentId, ImmutableSortedDictionary<DeviceId, PlacementVerdict>.Builder> reports)
    {
        foreach (DeploymentSnapshot going in snapshot.Deployments.Where(d => d.Deleting))
        {
            reports[going.Spec.Id][device.Id] = new PlacementVerdict.NotMatched("the deployment is being deleted");
        }

        DevicePlan plan = new(device, snapshot.Packages, snapshot.Frozen);
        foreach (DeploymentSnapshot deployment in deployments)
        {
            plan.Offer(deployment);
        }

        foreach ((DeploymentSnapshot deployment, PlacementVerdict verdict) in plan.Settle(
            releases.Of))
        {
            reports[deployment.Spec.Id][device.Id] = verdict;
        }

        return plan.Workloads;
    }

    private static bool NeedsChange(DeviceSnapshot device, ImmutableArray<WorkloadSpec> workloads)
    {
        if (device.Revoked)
        {
            return false;
        }

        if (device.Generation == Generation.None && device.Floor == Generation.None)
        {
            return workloads.Length > 0;
        }

        return device.Floor.CompareTo(device.Generation) > 0
            || device.DesiredKey != device.Key
            || !workloads.Select(w => (w.Digest, w.Revision)).SequenceEqual(
                device.Desired.Select(w => (w.Digest, w.Revision)));
    }
}
