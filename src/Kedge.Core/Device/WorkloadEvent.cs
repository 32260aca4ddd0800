using System.Collections.Immutable;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>One event as one workload sees it. Which members are set depends on <see cref="Kind"/>.</summary>
internal sealed record WorkloadEvent(WorkloadEventKind Kind)
{
    /// <summary>For <c>Assigned</c>.</summary>
    public WorkloadSpec? Spec { get; init; }

    /// <summary>For <c>Assigned</c> and <c>Unassigned</c>.</summary>
    public Generation Generation { get; init; }

    /// <summary>For failures and exits.</summary>
    public Problem? Problem { get; init; }

    /// <summary>For failures and exits of the candidate.</summary>
    public Blame Blame { get; init; }

    /// <summary>For exits: which.</summary>
    public InstanceId Instance { get; init; }

    /// <summary>For <c>Started</c>: the candidate with pid, start time and nonce.</summary>
    public InstanceState? Candidate { get; init; }

    /// <summary>For <c>Fetched</c> and <c>HandedOver</c>: memory of the machine; null where nobody knows.</summary>
    public MemoryRoom? Room { get; init; }

    /// <summary>For <c>StandbyParked</c> what it holds, for <c>MemoryShort</c> what is available, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>For <c>AgentStarted</c>: what is alive.</summary>
    public ImmutableHashSet<InstanceId> Alive { get; init; } = [];
}
