using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Core.Rollouts;

namespace Kedge.Tests.Support;

/// <summary>Builders of fleets, packages and deployments.</summary>
public static class Fleets
{
    public static Digest PackageDigest(string label) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(label));

    public static ModelVariant Variant(string name, AcceleratorKind accelerator = AcceleratorKind.Cpu) => new()
    {
        Name = name,
        Format = ModelFormat.Onnx,
        Precision = "fp32",
        Accelerator = accelerator,
        MemoryBytes = 10 * Limits.MiB,
        Files = [],
        EntryFile = "model.onnx",
    };

    public static PackageManifest Package(string name, params ModelVariant[] variants) => new()
    {
        Name = name,
        CreatedAtMs = 1,
        Inputs = [],
        Outputs = [],
        Variants = variants.Length > 0 ? [.. variants] : [Variant("onnx-fp32")],
    };

    public static DeviceFacts Facts(long memoryMiB = 1024, int cpus = 2) => new()
    {
        Architecture = "x64",
        IsaFeatures = ["avx2"],
        Cpus = [.. Enumerable.Range(0, cpus).Select(i => new CpuFacts(i, i, 0, 0, 0))],
        MemoryBytes = memoryMiB * Limits.MiB,
        Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
        Sandbox = "runc 1.1.5",
    };

    public static DeviceSnapshot ADevice(string name, params (string Key, string Value)[] labels) => new()
    {
        Id = new DeviceId(name),
        Key = PackageDigest("key of " + name),
        DesiredKey = PackageDigest("key of " + name),
        Labels = labels.ToImmutableSortedDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal),
        Facts = Facts(),
    };

    public static DeploymentSpec Deployment(string name, string package, int port = 8500) => new()
    {
        Id = new DeploymentId(name),
        Selector = new LabelSelector(),
        Models = [new ModelChoice("m", package, PackageDigest(package))],
        Endpoint = new EndpointSpec(Exposure.Loopback, port),
    };

    public static FleetSnapshot Snapshot(
        IEnumerable<DeviceSnapshot> devices, IEnumerable<DeploymentSnapshot> deployments, params string[] packages) =>
            new()
            {
                Tenant = TenantId.Default,
                Devices = [.. devices],
                Deployments = [.. deployments],
                Packages = packages.ToDictionary(PackageDigest, p => Package(p.Split(':')[0])),
            };

    /// <summary>The fleet after a plan was executed.</summary>
    public static FleetSnapshot After(FleetSnapshot snapshot, FleetPlan plan)
    {
        Dictionary<DeviceId, DeviceChange> changes = plan.Changes.ToDictionary(c => c.Device);
        return snapshot with
        {
            Devices =
            [
                .. snapshot.Devices.Select(d => changes.TryGetValue(d.Id, out DeviceChange? c)
                    ? d with { Generation = c.Generation, DesiredKey = c.DeviceKey, Desired = c.Workloads }
                    : d),
            ],
        };
    }

    /// <summary>A stand-in for the wire's digest that tells releases apart as it does.</summary>
    public static Digest ReleaseDigest(WorkloadSpec w) => PackageDigest(
        $"{w.Deployment}|{string.Join(',', w.Models.Select(m => m.Name + m.Package + m.Variant))}|{w.Endpoint}|"
        + $"{w.Resources}|{w.CpuSet}|{w.Sandbox}");
}
