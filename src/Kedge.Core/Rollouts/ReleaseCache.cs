using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// The workloads of one plan: devices that get the same variants of the same revision share one, whose digest is
/// computed once.
/// </summary>
/// <param name="releaseDigest">The digest of a workload, as the wire defines it.</param>
internal sealed class ReleaseCache(Func<WorkloadSpec, Digest> releaseDigest)
{
    private readonly Dictionary<(DeploymentId, long, string), WorkloadSpec> _made = [];

    public WorkloadSpec Of(DeploymentSnapshot deployment, PlacementVerdict.Chosen chosen)
    {
        string variants = string.Join('/', chosen.Variants.Select(v => $"{v.Variant}@{v.Accelerator}"));
        (DeploymentId, long, string) key = (deployment.Spec.Id, deployment.Revision, variants);
        if (!_made.TryGetValue(key, out WorkloadSpec? workload))
        {
            workload = Make(deployment, chosen);
            _made.Add(key, workload);
        }

        return workload;
    }

    private WorkloadSpec Make(DeploymentSnapshot deployment, PlacementVerdict.Chosen chosen)
    {
        DeploymentSpec spec = deployment.Spec;
        WorkloadSpec workload = new()
        {
            Deployment = spec.Id,
            Revision = deployment.Revision,
            Digest = default,
            Models =
            [
                .. spec.Served.Zip(chosen.Variants, (m, v) =>
                    new WorkloadModel(m.Name, m.Digest, m.Package, v.Variant, v.Accelerator)
                    {
                        Version = m.Version,
                        Serving = m.Serving,
                    }),
            ],
            Endpoint = spec.Endpoint,
            Resources = spec.Resources,
            CpuSet = spec.CpuSet,
            Sandbox = spec.Sandbox,
            ModelMemoryBytes = spec.ModelMemoryBytes,
            FigureWindow = spec.Strategy.Gates.Window,
            Windows = spec.Strategy.Windows,
            GoldenPpm = spec.Strategy.Gates.GoldenPpm ?? 0,
            Shadow = spec.Strategy.Shadow,
            StandbyFor = spec.Strategy.StandbyFor,
            Swap = spec.Strategy.Swap,
            CountsValues = spec.Strategy.Gates.Drift is not null,
            Probe = spec.Probe,
            FetchBytesPerSecond = spec.Strategy.BandwidthBytes,
        };
        return workload with { Digest = releaseDigest(workload) };
    }
}
