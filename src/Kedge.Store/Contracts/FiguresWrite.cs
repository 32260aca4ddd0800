using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What one device measured of one deployment, whole: it replaces what was kept.</summary>
public sealed record FiguresWrite
{
    /// <summary>Which device.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Of which deployment.</summary>
    public required DeploymentId Deployment { get; init; }

    /// <summary>The figures, JSON of at most <see cref="StoreLimits.FiguresCharsMax"/> characters.</summary>
    public required string Json { get; init; }

    /// <summary>When they were heard, Unix ms.</summary>
    public required long AtMs { get; init; }
}
