namespace Kedge.Core.Device;

/// <summary>Where one workload stands on its device. Persisted; never renumbered.</summary>
public enum WorkloadPhase
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>The release's content is being fetched and verified.</summary>
    Fetching = 1,

    /// <summary>The candidate's process is being started in its sandbox.</summary>
    Starting = 2,

    /// <summary>The candidate answers the golden samples, without the listener.</summary>
    Preflighting = 3,

    /// <summary>The candidate is being given the listener.</summary>
    HandingOver = 4,

    /// <summary>
    /// What served ends, so that its successor has room. Connections wait; nobody serves.
    /// </summary>
    Yielding = 5,

    /// <summary>
    /// One instance serves and nothing is under way; older ones may still answer what they have begun.
    /// </summary>
    Serving = 6,

    /// <summary>
    /// A try failed and the next one comes after a wait; or the release may not replace what serves now. A serving
    /// instance, where there is one, goes on.
    /// </summary>
    Waiting = 7,

    /// <summary>Nothing serves and nothing can be tried: every known release is quarantined.</summary>
    Stopped = 8,

    /// <summary>It is not wanted any more: instances are being stopped.</summary>
    Removing = 9,

    /// <summary>The candidate sees copies of live requests, and its answers are compared with those that clients got.
    /// </summary>
    Shadowing = 10,
}
