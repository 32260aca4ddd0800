using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Models;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// The deployments of one device in competition for its ports and its memory.
/// <para>What runs already keeps what it holds until it can move: movers are placed one after the other as long as one
/// finds its new place free, so that a chain of moves resolves and a ring of moves stays where it is. Newcomers come
/// last. The same input always gives the same answer.</para>
/// </summary>
internal sealed class DevicePlan(
    DeviceSnapshot device, IReadOnlyDictionary<Digest, PackageManifest> packages,
    ImmutableSortedSet<DeploymentId> frozen)
{
    private readonly Dictionary<DeploymentId, WorkloadSpec> _held = device.Desired.ToDictionary(w => w.Deployment);
    private readonly Dictionary<DeploymentId, WorkloadSpec> _placed = [];
    private readonly List<DeploymentSnapshot> _running = [];
    private readonly List<DeploymentSnapshot> _new = [];
    private readonly List<(DeploymentSnapshot, PlacementVerdict)> _verdicts = [];

    /// <summary>What the device is to run, in order of names.</summary>
    public ImmutableArray<WorkloadSpec> Workloads => [.. _placed.Values.OrderBy(w => w.Deployment)];

    /// <summary>Enters a deployment; all are entered in order of their names before <see cref="Settle"/>.</summary>
    public void Offer(DeploymentSnapshot deployment) =>
        (_held.ContainsKey(deployment.Spec.Id) ? _running : _new).Add(deployment);

    /// <summary>Settles the competition.</summary>
    public IReadOnlyList<(DeploymentSnapshot Deployment, PlacementVerdict Verdict)> Settle(
        Func<DeploymentSnapshot, PlacementVerdict.Chosen, WorkloadSpec> make)
    {
        foreach (DeploymentId gone in _held.Keys.Where(h => _running.All(r => r.Spec.Id != h)).ToArray())
        {
            if (_held.Remove(gone, out WorkloadSpec? kept) && frozen.Contains(gone))
            {
                _placed.Add(gone, kept);
            }
        }

        // Who does not match any more lets go first.
        _running.RemoveAll(d => Judge(d) is PlacementVerdict.NotMatched v && Decide(d, v, null));
        while (_running.RemoveAll(d => Judge(d) is PlacementVerdict.Chosen v && Decide(d, v, make(d, v))) > 0)
        {
            // Each pass may have freed what another one waits for.
        }

        foreach (DeploymentSnapshot stays in _running)
        {
            Decide(stays, Judge(stays), _held[stays.Spec.Id]);
        }

        foreach (DeploymentSnapshot deployment in _new)
        {
            PlacementVerdict verdict = Judge(deployment);
            Decide(deployment, verdict, verdict is PlacementVerdict.Chosen v ? make(deployment, v) : null);
        }

        return _verdicts;
    }

    private bool Decide(DeploymentSnapshot deployment, PlacementVerdict verdict, WorkloadSpec? workload)
    {
        _held.Remove(deployment.Spec.Id);
        _verdicts.Add((deployment, verdict));
        if (workload is not null)
        {
            _placed.Add(deployment.Spec.Id, workload);
        }

        return true;
    }

    private PlacementVerdict Judge(DeploymentSnapshot deployment)
    {
        WorkloadSpec[] others =
            [.. _placed.Values.Concat(_held.Values).Where(w => w.Deployment != deployment.Spec.Id)];
        ResourcesTaken taken = new(
            others.Sum(w => w.Resources.MemoryRequestBytes), others.Sum(w => w.Resources.CpuRequestMilli));
        PlacementVerdict verdict = PlacementPlanner.Place(deployment.Spec, device, packages, taken);
        if (verdict is not PlacementVerdict.Chosen)
        {
            return verdict;
        }

        bool runsHere = _held.ContainsKey(deployment.Spec.Id);
        EndpointSpec endpoint = deployment.Spec.Endpoint;
        WorkloadSpec? holder = endpoint.Expose == Exposure.Loopback
            ? others.FirstOrDefault(w => w.Endpoint == endpoint)
            : null;
        if (holder is not null)
        {
            return new PlacementVerdict.Refused(
                [PlacementErrors.PortTaken.At(
                    $"port {endpoint.Port} belongs to {holder.Deployment}", "spec.endpoint.port")],
                runsHere);
        }

        return others.Length < Limits.WorkloadsPerDeviceMax
            ? verdict
            : new PlacementVerdict.Refused(
                [PlacementErrors.TooManyWorkloads.At($"{device.Id} runs {others.Length} workloads already")], runsHere);
    }
}
