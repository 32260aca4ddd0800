using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Models;

namespace Kedge.Wire;

/// <summary>
/// The words that stand for enumerations in messages and manifests. Unknown words read as <c>Unknown</c>.
/// </summary>
public static class Words
{
    /// <summary>The word of an exposure.</summary>
    public static string Of(Exposure value) => value switch
    {
        Core.Deployments.Exposure.Loopback => "loopback",
        Core.Deployments.Exposure.Unix => "unix",
        Core.Deployments.Exposure.Unknown => throw Check.Unreachable(value),
    };

    /// <summary>The word of a sandbox rule.</summary>
    public static string Of(SandboxRule value) => value switch
    {
        SandboxRule.Required => "required",
        SandboxRule.None => "none",
        SandboxRule.Unknown => throw Check.Unreachable(value),
    };

    /// <summary>The word of an accelerator.</summary>
    public static string Of(AcceleratorKind value) => value switch
    {
        AcceleratorKind.Cpu => "cpu",
        AcceleratorKind.Gpu => "gpu",
        AcceleratorKind.Npu => "npu",
        AcceleratorKind.Tpu => "tpu",
        AcceleratorKind.Unknown => "unknown",
    };

    /// <summary>Reads an exposure.</summary>
    public static Exposure Exposure(string? word) => word switch
    {
        "loopback" => Core.Deployments.Exposure.Loopback,
        "unix" => Core.Deployments.Exposure.Unix,
        _ => Core.Deployments.Exposure.Unknown,
    };

    /// <summary>Reads a sandbox rule.</summary>
    public static SandboxRule Sandbox(string? word) => word switch
    {
        "required" => SandboxRule.Required,
        "none" => SandboxRule.None,
        _ => SandboxRule.Unknown,
    };

    /// <summary>Reads an accelerator.</summary>
    public static AcceleratorKind Accelerator(string? word) => word switch
    {
        "cpu" => AcceleratorKind.Cpu,
        "gpu" => AcceleratorKind.Gpu,
        "npu" => AcceleratorKind.Npu,
        "tpu" => AcceleratorKind.Tpu,
        _ => AcceleratorKind.Unknown,
    };
}
