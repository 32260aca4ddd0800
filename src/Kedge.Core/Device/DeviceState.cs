using System.Collections.Immutable;

namespace Kedge.Core.Device;

/// <summary>Everything that an agent must not forget. Written by <see cref="DeviceMachine"/> only.</summary>
public sealed record DeviceState
{
    /// <summary>A device that was just enrolled.</summary>
    public static readonly DeviceState Empty = new();

    /// <summary>Newest generation that was accepted; 0 for none.</summary>
    public Generation Generation { get; init; }

    /// <summary>Digest of that generation's signed bytes.</summary>
    public Digest Content { get; init; }

    /// <summary>Number of the last instance that was started, over all workloads.</summary>
    public long LastInstance { get; init; }

    /// <summary>
    /// Starts of the agent since it last ran steadily; at <see cref="Limits.UncleanStartsMax"/> the generation is
    /// poison.
    /// </summary>
    public int UncleanStarts { get; init; }

    /// <summary>Version of server and runtime and the hardware class that the last start found.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Workloads by name, those that are going included.</summary>
    public ImmutableSortedDictionary<DeploymentId, WorkloadState> Workloads { get; init; } =
        ImmutableSortedDictionary<DeploymentId, WorkloadState>.Empty;

    /// <summary>What is not to be replaced now. Volatile: the shell says it at every start.</summary>
    public DeviceHolds Holds { get; init; } = DeviceHolds.None;

    /// <summary>When the start will count as clean, on the monotonic clock; null once it does. Volatile.</summary>
    public TimeSpan? CleanAt { get; init; }

    /// <summary>
    /// The workloads in the order of their names. Not the dictionary's own sequence: that is made of queries over
    /// pairs, which native code has once for each type that is made of them.
    /// </summary>
    public IEnumerable<WorkloadState> InOrder
    {
        get
        {
            foreach (KeyValuePair<DeploymentId, WorkloadState> pair in Workloads)
            {
                yield return pair.Value;
            }
        }
    }

    /// <summary>The names of the workloads in order.</summary>
    public IEnumerable<DeploymentId> Names
    {
        get
        {
            foreach (KeyValuePair<DeploymentId, WorkloadState> pair in Workloads)
            {
                yield return pair.Key;
            }
        }
    }
}
