using Kedge.Core.Deployments;

namespace Kedge.Agent.Sandbox;

/// <summary>What a sandbox holds and may use. Never compared.</summary>
internal sealed record OciRequest
{
    /// <summary>Where <see cref="SharedFolder"/> is seen inside.</summary>
    public const string SharedInside = "/run/kedge";

    /// <summary>Program and arguments, as seen inside.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Environment, as <c>NAME=value</c>.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Files and folders of the host that it may read, and where.</summary>
    public required IReadOnlyList<BindMount> ReadOnlyFiles { get; init; }

    /// <summary>The one folder that it may write.</summary>
    public required string SharedFolder { get; init; }

    /// <summary>Its cgroup.</summary>
    public required string CgroupPath { get; init; }

    /// <summary>Limits; 0 for none.</summary>
    public required ResourceSpec Resources { get; init; }

    /// <summary>Processors as a list; empty for all.</summary>
    public required string CpuSet { get; init; }

    /// <summary>AppArmor profile that confines it; empty for none.</summary>
    public required string AppArmorProfile { get; init; }
}
