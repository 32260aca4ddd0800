using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Something that happened. Texts are cut to their limit and freed of NUL characters by the store.</summary>
public sealed record EventWrite
{
    /// <summary>When, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>Camel-case reason, as <c>ReleaseQuarantined</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>One sentence.</summary>
    public required string Message { get; init; }

    /// <summary>Device that it concerns; null for none.</summary>
    public DeviceId? Device { get; init; }

    /// <summary>Deployment that it concerns; null for none.</summary>
    public DeploymentId? Deployment { get; init; }

    /// <summary>Anything else that it concerns, as <c>model/bearing</c>; empty for nothing.</summary>
    public string Subject { get; init; } = "";

    /// <summary>True when somebody may have to act.</summary>
    public bool Warning { get; init; }

    /// <summary>Stable code where there is one.</summary>
    public string Code { get; init; } = "";
}
