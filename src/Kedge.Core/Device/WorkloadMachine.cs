using static Kedge.Core.Device.WorkloadEventKind;
using static Kedge.Core.Device.WorkloadPhase;

namespace Kedge.Core.Device;

/// <summary>
/// One workload from the first fetch to its removal.
/// <para>Problem: a release must replace another with no request lost, on hardware where every step may fail, hang or
/// be cut off, and a bad one must never stay.</para>
/// <para>Approach: one pipeline (fetch, start, preflight, shadow where it is asked for, hand over) works for one
/// attempt at a time, beside at most
/// one
/// serving instance. Whatever fails, the serving instance goes on; what is tried next is derived afresh by
/// <see cref="WorkloadMoves.Pursue"/> from what is asked, what is quarantined and what was good.</para>
/// <para>Invariants: what serves and may not be replaced now stays, the new release waiting beside it; <c>Serving</c>
/// has a current instance; a candidate exists exactly from <c>Starting</c> to
/// <c>HandingOver</c>; a quarantined release is never attempted; numbers of instances are never used twice;
/// at most one instance is on standby, for a bounded time, and it serves only after a hand-over.</para>
/// <para>It deliberately does not know how a process is started, nor what the time of day is.</para>
/// </summary>
public static class WorkloadMachine
{
    internal delegate WorkloadMove Handler(WorkloadMove move, WorkloadEvent e);

    /// <summary>The whole life of a workload on one screen. A pair that is not here is impossible.</summary>
    internal static Handler? Row(WorkloadPhase phase, WorkloadEventKind kind) => (phase, kind) switch
    {
        // Asked for something else, or for nothing. While the listener changes hands the answer waits for the outcome.
        (HandingOver, Assigned) => WorkloadMoves.Retarget,
        (Shadowing, Assigned) => ShadowMoves.RetargetAndPursue,
        (_, Assigned) => WorkloadMoves.RetargetAndPursue,
        (Removing, Unassigned) => WorkloadMoves.Stay,
        (_, Unassigned) => WorkloadMoves.Unassign,

        // The pipeline, when all goes well ...
        (Fetching, Fetched) => YieldMoves.StartOrYield,
        (Yielding, DrainingExited) => YieldMoves.GoOn,
        (Starting, Started) => WorkloadMoves.PreflightOrHandOver,
        (Preflighting, PreflightPassed) => WorkloadMoves.RememberPassAndHandOver,
        (Shadowing, ShadowPassed) => ShadowMoves.RememberAndHandOver,
        (HandingOver, HandedOver) => WorkloadMoves.Promote,

        // ... and when it does not.
        (Fetching, FetchFailed) => WorkloadMoves.Fail,
        (Starting, StartFailed) => WorkloadMoves.Fail,
        (Preflighting, PreflightFailed) => WorkloadMoves.StopCandidateAndFail,
        (Shadowing, ShadowFailed) => WorkloadMoves.StopCandidateAndFail,
        (HandingOver, HandOverFailed) => StandbyMoves.StopCandidateAndFail,
        (HandingOver, CandidateExited) => StandbyMoves.Fail,
        (Starting or Preflighting or Shadowing, CandidateExited) => WorkloadMoves.Fail,

        // Processes end. The pipeline goes on without them; a steady workload starts again.
        (Serving or Fetching or Waiting, CurrentExited) => LossMoves.RestartCurrent,
        (Starting or Preflighting or HandingOver, CurrentExited) => WorkloadMoves.LoseCurrent,
        (Shadowing, CurrentExited) => ShadowMoves.LoseCurrent,
        (Removing, DrainingExited) => DrainMoves.ForgetDrainedAndMaybeAll,
        (_, DrainingExited) => DrainMoves.ForgetDrained,

        // What waits frozen: it ended, was frozen, has waited long enough, or its memory is needed.
        (Removing, StandbyExited or StandbyParked or StandbyDue or MemoryShort) => null,
        (_, StandbyExited) => StandbyMoves.Forget,
        (_, StandbyParked) => StandbyMoves.Note,
        (_, StandbyDue) => StandbyMoves.Expire,
        (_, MemoryShort) => StandbyMoves.GiveWay,

        // A process that lives and does not answer is as good as gone.
        (Serving or Fetching or Waiting, ProbeFailed) => LossMoves.StopAndRestartCurrent,
        (Starting or Preflighting or HandingOver, ProbeFailed) => LossMoves.StopAndLoseCurrent,
        (Shadowing, ProbeFailed) => LossMoves.StopAndLoseShadowed,

        // Time.
        (Waiting, RetryDue) => WorkloadMoves.RetryNow,
        (Fetching or Starting or Preflighting or Shadowing or HandingOver or Serving or Waiting, ProvenDue) =>
            WorkloadMoves.Prove,

        // A window opened or closed, or somebody holds or released the device. A listener that changes hands is let go.
        (HandingOver or Removing, HoldsChanged) => WorkloadMoves.Stay,
        (_, HoldsChanged) => WorkloadMoves.Reconsider,

        // The agent started: the resume table. What was under way is asked for again; nothing healthy is touched.
        (Fetching or Yielding, AgentStarted) => WorkloadMoves.ResumeFetching,
        (Starting, AgentStarted) => WorkloadMoves.ResumeStarting,
        (Preflighting, AgentStarted) => WorkloadMoves.ResumePreflighting,
        (Shadowing, AgentStarted) => ShadowMoves.Resume,
        (HandingOver, AgentStarted) => WorkloadMoves.ResumeHandingOver,
        (Serving or Waiting or Stopped, AgentStarted) => WorkloadMoves.ResumeSteady,
        (Removing, AgentStarted) => WorkloadMoves.ResumeRemoving,

        _ => null,
    };

    /// <summary>Applies one event to one workload.</summary>
    /// <returns>The move; its state is null when the workload is gone.</returns>
    internal static WorkloadMove Step(WorkloadMove move, WorkloadEvent e)
    {
        Handler? handler = Row(move.State!.Phase, e.Kind);
        Check.That(handler is not null, $"no transition for {move.State.Phase} and {e.Kind} of {move.State.Name}");
        WorkloadMove result = handler(move, e);
        result.CheckInvariants();
        return result;
    }
}
