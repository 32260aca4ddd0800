using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Models;

namespace Kedge.Tests.Support;

/// <summary>Builders of what tests ask for.</summary>
public static class Specs
{
    public static WorkloadSpec Workload(string name, string version, long revision = 1, int port = 8500) => new()
    {
        Deployment = new DeploymentId(name),
        Revision = revision,
        Digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{name}:{version}:{port}")),
        Models =
        [
            new WorkloadModel(
                name, Digest.Of(System.Text.Encoding.UTF8.GetBytes(version)), $"{name}:{version}", "onnx-fp32",
                AcceleratorKind.Cpu),
        ],
        Endpoint = new EndpointSpec(Exposure.Loopback, port),
        Resources = new ResourceSpec(),
        CpuSet = "auto",
        Sandbox = SandboxRule.Required,
    };

    public static DesiredState Desired(long generation, params WorkloadSpec[] workloads) => new()
    {
        Tenant = TenantId.Default,
        Device = new DeviceId("press-01"),
        DeviceKey = Digest.Of("key"u8),
        Generation = new Generation(generation),
        IssuedAtMs = generation,
        Workloads = [.. workloads.OrderBy(w => w.Deployment)],
    };

    public static Digest ContentOf(DesiredState state) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(
        state.Generation + string.Join(",", state.Workloads.Select(w => w.Digest + "@" + w.Revision))));
}
