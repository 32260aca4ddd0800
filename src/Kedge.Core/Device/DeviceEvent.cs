using System.Collections.Immutable;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>What happened, seen from the device machine. Results of effects come back as events.</summary>
[Closed]
public abstract record DeviceEvent
{
    private DeviceEvent()
    {
    }

    /// <summary>The agent started. Comes first, once.</summary>
    /// <param name="Alive">Instances of the ledger whose process was found and proved itself by its nonce.</param>
    /// <param name="Runtime">Version of server and runtime, and the hardware class.</param>
    public sealed record AgentStarted(ImmutableArray<InstanceId> Alive, string Runtime) : DeviceEvent
    {
        /// <summary>What is not to be replaced now.</summary>
        public DeviceHolds Holds { get; init; } = DeviceHolds.None;
    }

    /// <summary>
    /// What may be replaced is not what it was: a window opened or closed, or somebody holds or released the device.
    /// </summary>
    /// <param name="Holds">What is not to be replaced from now on.</param>
    public sealed record HoldsChanged(DeviceHolds Holds) : DeviceEvent;

    /// <summary>A verified desired state arrived.</summary>
    /// <param name="State">The state, meant for this device.</param>
    /// <param name="Content">Digest of its signed bytes.</param>
    public sealed record DesiredArrived(DesiredState State, Digest Content) : DeviceEvent;

    /// <summary>Time has come to look at what waits.</summary>
    public sealed record TimerFired : DeviceEvent;

    /// <summary>All content of a release is there and verified.</summary>
    /// <param name="Workload">For whom it was fetched.</param>
    /// <param name="Release">Digest of the spec.</param>
    public sealed record Fetched(DeploymentId Workload, Digest Release) : DeviceEvent
    {
        /// <summary>Memory of the machine at that moment; null where nobody knows.</summary>
        public MemoryRoom? Room { get; init; }
    }

    /// <summary>The content could not be had.</summary>
    /// <param name="Workload">For whom it was fetched.</param>
    /// <param name="Release">Digest of the spec.</param>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record FetchFailed(DeploymentId Workload, Digest Release, Blame Blame, Problem Problem) : DeviceEvent;

    /// <summary>A process runs and its model is loaded.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Pid">Process id, from 1.</param>
    /// <param name="StartTicks">Start time of the process.</param>
    /// <param name="Nonce">What it answers with.</param>
    public sealed record Started(InstanceId Instance, int Pid, long StartTicks, string Nonce) : DeviceEvent;

    /// <summary>A process could not be started, or did not load its model. Nothing of it is left.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record StartFailed(InstanceId Instance, Blame Blame, Problem Problem) : DeviceEvent;

    /// <summary>The golden samples agreed.</summary>
    /// <param name="Instance">Which.</param>
    public sealed record PreflightPassed(InstanceId Instance) : DeviceEvent;

    /// <summary>The golden samples did not agree, or could not be run.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record PreflightFailed(InstanceId Instance, Blame Blame, Problem Problem) : DeviceEvent;

    /// <summary>An instance answers copies of live requests as the one that serves does.</summary>
    /// <param name="Instance">Which saw the copies.</param>
    /// <param name="Beside">Which served.</param>
    public sealed record ShadowPassed(InstanceId Instance, InstanceId Beside) : DeviceEvent;

    /// <summary>An instance answers copies of live requests otherwise, or could not be compared.</summary>
    /// <param name="Instance">Which saw the copies.</param>
    /// <param name="Beside">Which served.</param>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record ShadowFailed(InstanceId Instance, InstanceId Beside, Blame Blame, Problem Problem)
        : DeviceEvent;

    /// <summary>The candidate has the listener and accepts.</summary>
    /// <param name="Instance">Which.</param>
    public sealed record HandedOver(InstanceId Instance) : DeviceEvent
    {
        /// <summary>Memory of the machine at that moment; null where nobody knows.</summary>
        public MemoryRoom? Room { get; init; }
    }

    /// <summary>An instance waits frozen.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Bytes">Memory that it holds; 0 where nobody knows.</param>
    public sealed record Parked(InstanceId Instance, long Bytes) : DeviceEvent;

    /// <summary>Somebody looked how much memory there is.</summary>
    /// <param name="AvailableBytes">What can be had without swapping.</param>
    public sealed record MemorySeen(long AvailableBytes) : DeviceEvent;

    /// <summary>The listener could not be opened or handed over.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Blame">Whose fault it is.</param>
    /// <param name="Problem">Why.</param>
    public sealed record HandOverFailed(InstanceId Instance, Blame Blame, Problem Problem) : DeviceEvent;

    /// <summary>A process ended, for whatever reason, and nothing of it is left.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Problem">How it ended.</param>
    public sealed record Exited(InstanceId Instance, Problem Problem) : DeviceEvent;

    /// <summary>A serving instance did not answer its probe as often as its spec allows.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Problem">How often, and what it said last.</param>
    public sealed record ProbeFailed(InstanceId Instance, Problem Problem) : DeviceEvent;
}
