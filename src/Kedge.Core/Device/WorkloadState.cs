using System.Collections.Immutable;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// One workload on one device. Written by <see cref="WorkloadMachine"/> only. Everything here is durable but the
/// members under <see cref="Volatile"/>, which start afresh with the agent.
/// </summary>
public sealed record WorkloadState
{
    /// <summary>The workload.</summary>
    public required DeploymentId Name { get; init; }

    /// <summary>What the current generation asks for; null when it is to go.</summary>
    public WorkloadSpec? Target { get; init; }

    /// <summary>The generation that set <see cref="Target"/>.</summary>
    public Generation TargetGeneration { get; init; }

    /// <summary>
    /// True when <see cref="TargetGeneration"/> does not ask for it any more and it stays only as long as the device is
    /// held.
    /// </summary>
    public bool Unwanted { get; init; }

    /// <summary>Where it stands.</summary>
    public required WorkloadPhase Phase { get; init; }

    /// <summary>
    /// What the steps under way work for: the target, or the last good release as fallback. Null when steady.
    /// </summary>
    public WorkloadSpec? Attempt { get; init; }

    /// <summary>The instance that holds the listener and answers.</summary>
    public InstanceState? Current { get; init; }

    /// <summary>The instance that is being brought up.</summary>
    public InstanceState? Candidate { get; init; }

    /// <summary>Instances that answer what they have begun and then end, oldest first.</summary>
    public ImmutableArray<InstanceState> Draining { get; init; } = [];

    /// <summary>
    /// The instance that served before and waits, frozen or about to be, so that a way back is a thaw; null for none.
    /// </summary>
    public InstanceState? Standby { get; init; }

    /// <summary>
    /// The last release that served for <see cref="Limits.ProvenAfter"/>, or the first one that was replaced before it
    /// could; its content is kept.
    /// </summary>
    public WorkloadSpec? LastGood { get; init; }

    /// <summary>
    /// The release of an older revision that was the last good one before <see cref="LastGood"/>; its content is kept.
    /// It comes back when <see cref="LastGood"/>, though proven, cannot be kept running.
    /// </summary>
    public WorkloadSpec? GoodBefore { get; init; }

    /// <summary>
    /// Releases that this device refuses, oldest first, at most <see cref="Limits.QuarantinedPerWorkloadMax"/>.
    /// </summary>
    public ImmutableArray<Quarantine> Quarantined { get; init; } = [];

    /// <summary>Releases whose golden samples passed here, with the runtime that ran them; newest last.</summary>
    public ImmutableArray<PreflightPass> Passed { get; init; } = [];

    /// <summary>
    /// Releases whose answers agreed here with those of the release that served, with the runtime; newest last.
    /// </summary>
    public ImmutableArray<PreflightPass> Shadowed { get; init; } = [];

    /// <summary>Failures of <see cref="Attempt"/> in a row that are blamed on the release.</summary>
    public int FailuresInRow { get; init; }

    /// <summary>Why the target does not run, or why the last try failed; null when all is well.</summary>
    public Problem? Problem { get; init; }

    /// <summary>What is not written to the ledger.</summary>
    public VolatileState Volatile { get; init; } = new();

    /// <summary>True when <see cref="Current"/> runs something else than what is asked.</summary>
    public bool IsFallback => Target is not null && Current is not null && Current.Spec != Target;
}

/// <summary>Members that start afresh with the agent: monotonic times mean nothing after a restart.</summary>
public sealed record VolatileState
{
    /// <summary>
    /// When the next try is due, on the agent's monotonic clock; null when none waits, or what waits is held back.
    /// </summary>
    public TimeSpan? RetryAt { get; init; }

    /// <summary>Tries in a row that failed, whoever is to blame: it sets the wait.</summary>
    public int TriesInRow { get; init; }

    /// <summary>
    /// When <see cref="WorkloadState.Current"/> will have proven itself; null when it has, or none runs.
    /// </summary>
    public TimeSpan? ProvenAt { get; init; }

    /// <summary>Until when <see cref="WorkloadState.Standby"/> is kept; null exactly when there is none.</summary>
    public TimeSpan? StandbyUntil { get; init; }

    /// <summary>Memory that <see cref="WorkloadState.Standby"/> holds, in bytes; 0 until it was frozen or where nobody
    /// knows.</summary>
    public long StandbyBytes { get; init; }

    /// <summary>Why the swap under way, or the last one, was cold, for people; empty when it was not.</summary>
    public string SwapNote { get; init; } = "";

    /// <summary>True from the moment that something ended to make room until its successor serves or gave up.</summary>
    public bool IsCold { get; init; }

    /// <summary>Why what served before was not kept, for people; empty when it is or when nobody asked.</summary>
    public string StandbyNote { get; init; } = "";

    /// <summary>Since when <see cref="WorkloadState.Current"/> serves; null when it did before the agent
    /// started.</summary>
    public TimeSpan? ServingSince { get; init; }

    /// <summary>How often in a row a proven instance was lost before it had served for
    /// <see cref="Limits.SteadyAfter"/>.</summary>
    public int LossesInRow { get; init; }
}

/// <summary>One process that the agent started.</summary>
public sealed record InstanceState
{
    /// <summary>Its id.</summary>
    public required InstanceId Id { get; init; }

    /// <summary>What it runs.</summary>
    public required WorkloadSpec Spec { get; init; }

    /// <summary>Process id as the agent sees it; 0 until it was started.</summary>
    public int Pid { get; init; }

    /// <summary>
    /// Start time of the process in clock ticks since boot (proc(5), field 22): tells a reused pid apart.
    /// </summary>
    public long StartTicks { get; init; }

    /// <summary>Random text that the process answers with; empty until it was started.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>True once it served for <see cref="Limits.ProvenAfter"/>.</summary>
    public bool Proven { get; init; }

    /// <summary>
    /// True once it was asked to come back from draining or standby: a new agent asks again, and a candidate that does
    /// not come back is no fault of its release.
    /// </summary>
    public bool Thawed { get; init; }

    /// <summary>The same instance, known by a newer revision of the release that it runs.</summary>
    internal InstanceState Under(WorkloadSpec spec) =>
        Spec == spec && Spec.Revision != spec.Revision ? this with { Spec = spec } : this;
}

/// <summary>A release that this device refuses.</summary>
/// <param name="Release">Digest of the workload spec.</param>
/// <param name="Generation">Under which generation it failed.</param>
/// <param name="Revision">Under which revision of the deployment; asked for under another one, it is tried
/// again.</param>
/// <param name="Problem">Why.</param>
public sealed record Quarantine(Digest Release, Generation Generation, long Revision, Problem Problem);

/// <summary>Golden samples that passed.</summary>
/// <param name="Release">Digest of the workload spec.</param>
/// <param name="Runtime">Version of server and runtime, and the hardware class.</param>
public sealed record PreflightPass(Digest Release, string Runtime);
