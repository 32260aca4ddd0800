using Kedge.Core.Deployments;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// What the shell is to do, after the new state was saved. Each is idempotent: after a crash the machine asks for it
/// again from the saved state. The result comes back as the event named at each case.
/// </summary>
[Closed]
public abstract record DeviceEffect
{
    private DeviceEffect()
    {
    }

    /// <summary>
    /// Fetch and verify all packages and files of a release. Ends in <c>Fetched</c> or <c>FetchFailed</c>.
    /// </summary>
    /// <param name="Spec">The release.</param>
    public sealed record Fetch(WorkloadSpec Spec) : DeviceEffect;

    /// <summary>Start a process without the listener and wait until its models are loaded. Ends in <c>Started</c> or
    /// <c>StartFailed</c>.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Spec">What it runs.</param>
    public sealed record Start(InstanceId Instance, WorkloadSpec Spec) : DeviceEffect;

    /// <summary>Run the golden samples. Ends in <c>PreflightPassed</c> or <c>PreflightFailed</c>.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Spec">What it runs.</param>
    public sealed record Preflight(InstanceId Instance, WorkloadSpec Spec) : DeviceEffect;

    /// <summary>
    /// Let an instance see copies of the requests that another one answers, and compare their answers, until there is a
    /// verdict (<see cref="ShadowTest"/>). Ends in <c>ShadowPassed</c> or <c>ShadowFailed</c>, or by itself when one of
    /// them is gone. Asked for again, it goes on with what was counted.
    /// </summary>
    /// <param name="Instance">Which sees the copies.</param>
    /// <param name="Beside">Which serves.</param>
    /// <param name="Spec">How many, and what must agree.</param>
    public sealed record Shadow(InstanceId Instance, InstanceId Beside, ShadowSpec Spec) : DeviceEffect;

    /// <summary>Give the workload's listener to an instance, opening it first where it is not open. Ends in
    /// <c>HandedOver</c> or <c>HandOverFailed</c>. One on standby is thawed first. A no-op when the instance has it
    /// already.</summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Endpoint">Where it answers; another endpoint than before means another listener.</param>
    public sealed record HandOver(InstanceId Instance, EndpointSpec Endpoint) : DeviceEffect;

    /// <summary>Watch an instance that outlived the agent, so that its end is seen.</summary>
    /// <param name="Instance">Which, with pid and start time.</param>
    public sealed record Watch(InstanceState Instance) : DeviceEffect;

    /// <summary>
    /// Tell an instance to stop accepting and to end when its connections are gone. Ends in <c>Exited</c>.
    /// </summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Deadline">After it, the instance is killed.</param>
    public sealed record Drain(InstanceId Instance, TimeSpan Deadline) : DeviceEffect;

    /// <summary>
    /// Tell an instance that drains or is on standby to accept again: the new one died. No event; if it fails it shows
    /// as <c>Exited</c>.
    /// </summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Endpoint">Where it answers.</param>
    public sealed record Resume(InstanceId Instance, EndpointSpec Endpoint) : DeviceEffect;

    /// <summary>
    /// Tell an instance to stop accepting, let its connections end, take the listener from it and freeze it. Ends in
    /// <c>Parked</c>; what cannot be parked is killed and ends in <c>Exited</c>. A <see cref="HandOver"/> or
    /// <see cref="Resume"/> of the same instance takes it back at any time. A no-op when it is frozen already.
    /// </summary>
    /// <param name="Instance">Which.</param>
    /// <param name="Deadline">After it, connections that are still open are cut.</param>
    public sealed record Park(InstanceId Instance, TimeSpan Deadline) : DeviceEffect;

    /// <summary>
    /// Kill an instance and remove what it leaves. Ends in <c>Exited</c> also when nothing was there.
    /// </summary>
    /// <param name="Instance">Which.</param>
    public sealed record Stop(InstanceId Instance) : DeviceEffect;

    /// <summary>
    /// Shut the listener of a workload that is gone, for everyone who shares it: nobody connects any more.
    /// </summary>
    /// <param name="Workload">Which.</param>
    public sealed record CloseListener(DeploymentId Workload) : DeviceEffect;
}
