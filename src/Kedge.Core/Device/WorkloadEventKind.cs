namespace Kedge.Core.Device;

/// <summary>
/// What a workload can meet: <see cref="DeviceEvent"/>s sorted by which of its instances they concern.
/// </summary>
public enum WorkloadEventKind
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>A generation asks for a release.</summary>
    Assigned = 1,

    /// <summary>A generation does not ask for it any more.</summary>
    Unassigned = 2,

    /// <summary>The agent started and looked at what is alive.</summary>
    AgentStarted = 3,

    /// <summary>The content of the attempt is there.</summary>
    Fetched = 4,

    /// <summary>The content of the attempt could not be had.</summary>
    FetchFailed = 5,

    /// <summary>The candidate runs.</summary>
    Started = 6,

    /// <summary>The candidate did not start.</summary>
    StartFailed = 7,

    /// <summary>The candidate's golden samples agreed.</summary>
    PreflightPassed = 8,

    /// <summary>The candidate's golden samples did not agree.</summary>
    PreflightFailed = 9,

    /// <summary>The candidate has the listener.</summary>
    HandedOver = 10,

    /// <summary>The candidate could not be given the listener.</summary>
    HandOverFailed = 11,

    /// <summary>The candidate ended.</summary>
    CandidateExited = 12,

    /// <summary>The serving instance ended.</summary>
    CurrentExited = 13,

    /// <summary>A draining instance ended.</summary>
    DrainingExited = 14,

    /// <summary>The wait after a failed try is over.</summary>
    RetryDue = 15,

    /// <summary>The serving instance has served long enough to count as good.</summary>
    ProvenDue = 16,

    /// <summary>What may be replaced is not what it was.</summary>
    HoldsChanged = 17,

    /// <summary>The candidate's answers agreed with those of the serving instance.</summary>
    ShadowPassed = 18,

    /// <summary>The candidate's answers did not agree, or could not be compared.</summary>
    ShadowFailed = 19,

    /// <summary>The serving instance lives and does not answer.</summary>
    ProbeFailed = 20,

    /// <summary>The instance on standby ended.</summary>
    StandbyExited = 30,

    /// <summary>The instance on standby is frozen.</summary>
    StandbyParked = 31,

    /// <summary>The instance on standby has waited long enough.</summary>
    StandbyDue = 32,

    /// <summary>The machine is short of memory while an instance is on standby.</summary>
    MemoryShort = 33,
}
