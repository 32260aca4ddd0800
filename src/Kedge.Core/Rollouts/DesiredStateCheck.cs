using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// A second opinion on every desired state before it is committed: it knows what must always hold and nothing of how
/// plans are made. The simulator uses it as a checker too.
/// </summary>
public static class DesiredStateCheck
{
    /// <summary>All that is wrong with a desired state; empty when it may be sent.</summary>
    /// <param name="state">The state.</param>
    /// <param name="packages">Manifests by digest.</param>
    /// <param name="releaseDigest">The digest of a workload, as the wire defines it.</param>
    public static ImmutableArray<Finding> Findings(
        DesiredState state,
        IReadOnlyDictionary<Digest, PackageManifest> packages,
        Func<WorkloadSpec, Digest> releaseDigest)
    {
        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        void Require(bool holds, string message)
        {
            if (!holds)
            {
                findings.Add(PlacementErrors.BrokenPlan.At($"{state.Device}@{state.Generation}: {message}"));
            }
        }

        Require(state.Generation.Value > 0, "the generation is not positive");
        Require(!state.DeviceKey.IsNone, "it names no device key");
        Require(state.Workloads.Length <= Limits.WorkloadsPerDeviceMax, "it has too many workloads");
        for (int i = 1; i < state.Workloads.Length; i++)
        {
            Require(
                state.Workloads[i - 1].Deployment.CompareTo(state.Workloads[i].Deployment) < 0,
                $"{state.Workloads[i].Deployment} is out of order or doubled");
        }

        IEnumerable<IGrouping<int, WorkloadSpec>> ports = state.Workloads
            .Where(w => w.Endpoint.Expose == Exposure.Loopback).GroupBy(w => w.Endpoint.Port);
        foreach (IGrouping<int, WorkloadSpec> port in ports)
        {
            Require(port.Key is > 0 and <= 65535, $"port {port.Key} is out of range");
            string holders = string.Join(", ", port.Select(w => w.Deployment));
            Require(port.Count() == 1, $"port {port.Key} is given to {holders}");
        }

        foreach (WorkloadSpec workload in state.Workloads)
        {
            Require(workload.Digest == releaseDigest(workload), $"the digest of {workload.Deployment} is wrong");
            Require(workload.Models.Length is > 0 and <= Limits.ModelsPerDeploymentMax, "its models are out of range");
            Require(
                workload.Models.Select(static m => m.Key).Distinct().Count() == workload.Models.Length,
                $"{workload.Deployment} serves one version of a model twice");
            foreach (WorkloadModel model in workload.Models)
            {
                Require(
                    packages.TryGetValue(model.Package, out PackageManifest? package)
                        && package.Variants.Any(v => v.Name == model.Variant),
                    $"{workload.Deployment} names variant {model.Variant} of a package that has none of that name");
            }
        }

        return findings.ToImmutable();
    }
}
