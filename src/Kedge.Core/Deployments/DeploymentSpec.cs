using System.Collections.Immutable;
using Kedge.Core.Desired;
using Kedge.Core.Models;

namespace Kedge.Core.Deployments;

/// <summary>
/// What a user asked for: which models, on which devices, within which limits. Written by <c>apply</c> only.
/// </summary>
public sealed record DeploymentSpec
{
    /// <summary>Its name, which is also the name of the workload on every device.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>The user's own labels, 0..64.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = LabelRules.None;

    /// <summary>Which devices are meant.</summary>
    public required LabelSelector Selector { get; init; }

    /// <summary>The models that the deployment serves, 1..16, names unique.</summary>
    public required ImmutableArray<ModelChoice> Models { get; init; }

    /// <summary>Each version of each model by itself, 1..16 once they are resolved.</summary>
    public ImmutableArray<ModelChoice> Served => [.. Models.SelectMany(static model => model.Served)];

    /// <summary>Where applications on the device find it.</summary>
    public required EndpointSpec Endpoint { get; init; }

    /// <summary>What it needs and what it may use.</summary>
    public ResourceSpec Resources { get; init; } = new();

    /// <summary>Processors: <c>auto</c>, or a list as <c>0-1,3</c> (cpuset(7)).</summary>
    public string CpuSet { get; init; } = "auto";

    /// <summary>Accelerators in order of preference; a model's variants decide which can be used.</summary>
    public ImmutableArray<AcceleratorKind> Accelerators { get; init; } = [AcceleratorKind.Cpu];

    /// <summary>Whether it may run where the device has no sandbox.</summary>
    public SandboxRule Sandbox { get; init; } = SandboxRule.Required;

    /// <summary>Memory that all models may take together, in bytes; 0 for no bound of its own.</summary>
    public long ModelMemoryBytes { get; init; }

    /// <summary>How an instance that serves is asked whether it still answers.</summary>
    public ProbeSpec Probe { get; init; } = ProbeSpec.Default;

    /// <summary>How a change reaches the devices.</summary>
    public StrategySpec Strategy { get; init; } = new();
}

/// <summary>How an endpoint is reached.</summary>
public enum Exposure
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>A TCP port on 127.0.0.1.</summary>
    Loopback = 1,

    /// <summary>A Unix socket at a stable path.</summary>
    Unix = 2,
}

/// <summary>Where a deployment answers on its device.</summary>
/// <param name="Expose">How it is reached.</param>
/// <param name="Port">TCP port 1..65535; 0 for a Unix socket.</param>
public sealed record EndpointSpec(Exposure Expose, int Port);

/// <summary>What a workload needs at least, and what it may use at most.</summary>
public sealed record ResourceSpec
{
    /// <summary>Memory that must be free on the device, in bytes; 0 when not said.</summary>
    public long MemoryRequestBytes { get; init; }

    /// <summary>CPU that must be free, in thousandths of a core; 0 when not said.</summary>
    public int CpuRequestMilli { get; init; }

    /// <summary>Most memory in bytes; 0 for no limit of its own.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Most CPU in thousandths of a core; 0 for no limit.</summary>
    public int CpuLimitMilli { get; init; }

    /// <summary>Most processes and threads; 0 for no limit.</summary>
    public int PidsLimit { get; init; }
}

/// <summary>Whether a workload may run without a sandbox.</summary>
public enum SandboxRule
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>It runs only in a sandbox.</summary>
    Required = 1,

    /// <summary>It may run without one where the device's own configuration says so too.</summary>
    None = 2,
}
