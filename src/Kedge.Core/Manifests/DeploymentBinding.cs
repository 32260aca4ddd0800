using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Models;

namespace Kedge.Core.Manifests;

/// <summary>Makes a spec of a Deployment that was checked.</summary>
internal static class DeploymentBinding
{
    public static DeploymentSpec Bind(ManifestFields fields)
    {
        ManifestFields spec = fields.At("spec");
        return new DeploymentSpec
        {
            Id = new DeploymentId(fields.Text("metadata", "name")),
            Labels = fields.Labels("metadata", "labels"),
            Selector = Selector(spec.At("selector")),
            Models = [.. spec.Items("models").Select(model => new ModelChoice(
                model.Text("name"),
                model.Text("package"),
                PackageReference.TryParse(model.Text("package"), out PackageReference? package)
                    ? package.Digest
                    : default)
            {
                Versions = VersionsFields.Bind(model.At("versions")),
                Serving = ServingFields.Bind(model),
            })],
            ModelMemoryBytes = spec.Bytes("modelMemory"),
            Endpoint = Endpoint(spec.At("endpoint")),
            Resources = Resources(spec.At("resources")),
            CpuSet = spec.At("cpuSet").IsThere ? spec.Text("cpuSet") : CpuSetText.Auto,
            Accelerators = Accelerators(spec),
            Sandbox = spec.Text("sandbox") == "none" ? SandboxRule.None : SandboxRule.Required,
            Probe = ProbeFields.Bind(spec.At("probe")),
            Strategy = StrategyBinding.Bind(spec.At("strategy")),
        };
    }

    public static LabelSelector Selector(ManifestFields selector) => new()
    {
        MatchLabels = selector.Labels("matchLabels"),
        MatchExpressions = [.. selector.Items("matchExpressions").Select(expression => new SelectorExpression(
            expression.Text("key"),
            Operator(expression.Text("operator")),
            [.. expression.Items("values").Select(value => value.Text())]))],
    };

    private static SelectorOperator Operator(string word) => word switch
    {
        "In" => SelectorOperator.In,
        "NotIn" => SelectorOperator.NotIn,
        "Exists" => SelectorOperator.Exists,
        "DoesNotExist" => SelectorOperator.DoesNotExist,
        _ => SelectorOperator.Unknown,
    };

    private static EndpointSpec Endpoint(ManifestFields endpoint) => endpoint.Text("expose") == "unix"
        ? new EndpointSpec(Exposure.Unix, 0)
        : new EndpointSpec(Exposure.Loopback, (int)endpoint.Number("port"));

    private static ResourceSpec Resources(ManifestFields resources) => new()
    {
        MemoryRequestBytes = resources.Bytes("requests", "memory"),
        CpuRequestMilli = resources.Milli("requests", "cpu"),
        MemoryLimitBytes = resources.Bytes("limits", "memory"),
        CpuLimitMilli = resources.Milli("limits", "cpu"),
        PidsLimit = (int)resources.Number("limits", "pids"),
    };

    private static ImmutableArray<AcceleratorKind> Accelerators(ManifestFields spec)
    {
        ImmutableArray<AcceleratorKind> wanted = [.. spec.Items("accelerators").Select(item => item.Text() switch
        {
            "gpu" => AcceleratorKind.Gpu,
            "npu" => AcceleratorKind.Npu,
            "tpu" => AcceleratorKind.Tpu,
            _ => AcceleratorKind.Cpu,
        })];
        return wanted.IsEmpty ? [AcceleratorKind.Cpu] : wanted;
    }
}
