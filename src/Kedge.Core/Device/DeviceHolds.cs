using System.Collections.Immutable;

namespace Kedge.Core.Device;

/// <summary>
/// What is not to be replaced now, and why. The shell finds out: the machine knows no time of day. Never compared.
/// </summary>
/// <param name="device">Why nothing is replaced or removed; null when nobody holds the device.</param>
/// <param name="windows">Workloads whose windows are all shut, with the problem that says until when.</param>
public sealed class DeviceHolds(Problem? device, ImmutableSortedDictionary<DeploymentId, Problem> windows)
{
    /// <summary>Everything may be replaced.</summary>
    public static readonly DeviceHolds None = new(null, ImmutableSortedDictionary<DeploymentId, Problem>.Empty);

    /// <summary>Why nothing that serves is replaced or removed; null when nobody holds the device.</summary>
    public Problem? Device { get; } = device;

    /// <summary>Workloads whose windows are all shut, with the problem that says until when.</summary>
    public ImmutableSortedDictionary<DeploymentId, Problem> Windows { get; } = windows;
}
