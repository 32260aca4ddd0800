using System.Collections.Immutable;

namespace Kedge.Core.Desired;

/// <summary>
/// Everything that one device is to run, whole. Written by the planner only; a newer generation replaces it.
/// </summary>
public sealed record DesiredState
{
    /// <summary>Whose device.</summary>
    public required TenantId Tenant { get; init; }

    /// <summary>Which device.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>
    /// SHA-256 of the device's enrolled public key: a state for other hardware of the same name is refused.
    /// </summary>
    public required Digest DeviceKey { get; init; }

    /// <summary>Its number, from 1.</summary>
    public required Generation Generation { get; init; }

    /// <summary>When it was signed, Unix milliseconds UTC.</summary>
    public required long IssuedAtMs { get; init; }

    /// <summary>Workloads in order of their names, 0..64.</summary>
    public required ImmutableArray<WorkloadSpec> Workloads { get; init; }
}
