using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What one device measured of one deployment.</summary>
public sealed record FiguresRow
{
    /// <summary>Which device.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Of which deployment.</summary>
    public required DeploymentId Deployment { get; init; }

    /// <summary>The figures, JSON.</summary>
    public required string Json { get; init; }

    /// <summary>When they were heard, Unix ms.</summary>
    public required long AtMs { get; init; }
}
