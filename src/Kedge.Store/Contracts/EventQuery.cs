using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Which events to list; all that is given must match.</summary>
public sealed record EventQuery
{
    /// <summary>Only those of this device.</summary>
    public DeviceId? Device { get; init; }

    /// <summary>Only those of this deployment.</summary>
    public DeploymentId? Deployment { get; init; }

    /// <summary>Only those of this subject; empty for any.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Only those older than this id; null from the newest.</summary>
    public long? BeforeId { get; init; }

    /// <summary>Only those newer than this id: what a follower has seen.</summary>
    public long AfterId { get; init; }

    /// <summary>Most rows, 1..<see cref="StoreLimits.PageRowsMax"/>.</summary>
    public int RowsMax { get; init; } = 100;
}
