namespace Kedge.Core.Rollouts;

/// <summary>What a device said of one workload.</summary>
/// <param name="TargetRevision">Revision that it is asked for, as far as it knows.</param>
/// <param name="ServingRevision">Revision that answers; 0 when none does.</param>
/// <param name="GaveUp">True when it will not try the target again: that was refused for good.</param>
/// <param name="Problem">Code and sentence of why the target does not run; empty when all is well.</param>
public sealed record WorkloadReport(long TargetRevision, long ServingRevision, bool GaveUp, string Problem)
{
    /// <summary>
    /// Why the swap was cold, then what waits frozen to come back, or why it does not; empty when there is nothing to
    /// say.
    /// </summary>
    public string Standby { get; init; } = "";
}
