using System.Collections.Immutable;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Rollouts;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// The rows of rollouts that each part of a plan's commit writes.
/// <para>Those whose state changes go with the first part: nobody is exposed before it is known which wave exposed
/// them. A part that changes what a device runs of a deployment writes the row of its rollout too, even with the same
/// state: so two replicas that planned from the same row cannot both expose devices, and neither a plan that was made
/// before somebody paused or aborted.</para>
/// </summary>
internal sealed class RolloutWrites
{
    private readonly Dictionary<DeploymentId, RolloutWrite> _rows;
    private readonly HashSet<DeploymentId> _moved;
    private readonly Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> _before;
    private readonly Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> _after;

    /// <param name="snapshot">The fleet that the plan was made from.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="rows">The rows as they were read for it.</param>
    public RolloutWrites(
        FleetSnapshot snapshot, FleetPlan plan, ImmutableSortedDictionary<DeploymentId, RolloutRow> rows)
    {
        _rows = plan.Rollouts.ToDictionary(step => step.Deployment, step => new RolloutWrite
        {
            Id = step.Deployment,
            Parent = rows.GetValueOrDefault(step.Deployment)?.Revision ?? 0,
            StateJson = RolloutFormat.Write(step.State),
            AtMs = snapshot.NowMs,
        });
        _moved = [.. _rows.Values.Where(w => rows.GetValueOrDefault(w.Id)?.StateJson != w.StateJson).Select(w => w.Id)];
        _after = plan.Changes.ToDictionary(c => c.Device, c => c.Workloads);
        _before = snapshot.Devices.Where(d => _after.ContainsKey(d.Id)).ToDictionary(d => d.Id, d => d.Desired);
    }

    /// <summary>True when a state changed that is not written yet.</summary>
    public bool HasMoved => _moved.Count > 0;

    /// <summary>The rows for the next part.</summary>
    /// <param name="part">Devices that it changes.</param>
    public ImmutableArray<RolloutWrite> For(IReadOnlyCollection<DesiredChange> part) =>
    [
        .. part.SelectMany(c => Touched(_before[c.Device], _after[c.Device])).Concat(_moved.Order()).Distinct()
            .Where(_rows.ContainsKey).Take(StoreLimits.RolloutChangesMax).Select(id => _rows[id]),
    ];

    /// <summary>These were committed; the next parts come after them.</summary>
    public void Committed(ImmutableArray<RolloutWrite> written, long revision)
    {
        foreach (RolloutWrite write in written)
        {
            _moved.Remove(write.Id);
            _rows[write.Id] = write with { Parent = revision };
        }
    }

    private static IEnumerable<DeploymentId> Touched(
        ImmutableArray<WorkloadSpec> before, ImmutableArray<WorkloadSpec> after)
    {
        HashSet<(DeploymentId, long, Digest)> differs = [.. before.Select(Key)];
        differs.SymmetricExceptWith(after.Select(Key));
        return differs.Select(d => d.Item1);
    }

    private static (DeploymentId, long, Digest) Key(WorkloadSpec workload) =>
        (workload.Deployment, workload.Revision, workload.Digest);
}
