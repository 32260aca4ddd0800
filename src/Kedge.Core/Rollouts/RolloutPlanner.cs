using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Core.Rollouts;

/// <summary>
/// Moves one rollout on.
/// <para>Problem: a new revision may be bad in ways that only running shows; few devices are to find that out, and
/// nobody should have to watch.</para>
/// <para>Approach: waves. A wave takes so many more devices; when all of them that are heard serve, and have for the
/// soak, the next one begins. When more devices than allowed gave the revision up, everyone goes back to the stable
/// one. Devices that are away are not waited for: they follow when they return.</para>
/// <para>Invariants: the same input gives the same step; a step never exposes more devices than the wave allows; who
/// is not exposed serves the stable revision; from every state there is a way on: by time, by devices, or by a person
/// who resumes, promotes, aborts or applies something newer.</para>
/// <para>It deliberately keeps no list of who has the target: the desired states are that list.</para>
/// </summary>
public static class RolloutPlanner
{
    /// <summary>How often gates look at new figures, which change no row that wakes the planner.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>One step.</summary>
    /// <param name="deployment">The newest revision.</param>
    /// <param name="members">Devices that it can run on, names unique, in any order.</param>
    /// <param name="nowMs">Now, Unix ms.</param>
    public static RolloutStep Plan(
        DeploymentSnapshot deployment, IReadOnlyList<RolloutMember> members, long nowMs)
    {
        RolloutState state = deployment.Rollout is { } held && held.Target == deployment.Revision
            ? held
            : Begin(deployment, nowMs);
        return state.Phase switch
        {
            RolloutPhase.Progressing or RolloutPhase.Paused => Progress(deployment, state, members, nowMs),
            RolloutPhase.RollingBack => Restore(deployment, state, members, nowMs),
            _ => new RolloutStep { Deployment = deployment.Spec.Id, State = state },
        };
    }

    /// <summary>
    /// A new revision supersedes whatever was under way. What passed before stays the stable one. A return to what the
    /// stable one runs needs no trial, and neither does a change of names only.
    /// </summary>
    private static RolloutState Begin(DeploymentSnapshot deployment, long nowMs)
    {
        StableRevision? stable = deployment.Rollout is { } before
            ? before.Stable
            : null;
        bool isAtOnce = deployment.Spec.Strategy.Kind != StrategyKind.Waves
            || (stable is not null && RunsTheSame(stable.Spec, deployment.Spec));
        RolloutState state = new()
        {
            Target = deployment.Revision,
            Stable = stable,
            Phase = RolloutPhase.Progressing,
            StartedAtMs = nowMs,
            ChangedAtMs = nowMs,
        };
        return isAtOnce ? Completed(state, deployment, nowMs) : state;
    }

    private static RolloutState Completed(RolloutState state, DeploymentSnapshot deployment, long nowMs) => state with
    {
        Phase = RolloutPhase.Complete,
        Stable = new StableRevision(deployment.Revision, deployment.Spec),
        SoakFromMs = 0,
        ChangedAtMs = nowMs,
        Code = "",
        Reason = "",
    };

    private static bool RunsTheSame(DeploymentSpec a, DeploymentSpec b) =>
        a.Served.Select(Shown).SequenceEqual(b.Served.Select(Shown))
        && a.ModelMemoryBytes == b.ModelMemoryBytes
        && a.Endpoint == b.Endpoint
        && a.Resources == b.Resources
        && a.CpuSet == b.CpuSet
        && a.Sandbox == b.Sandbox
        && a.Accelerators.SequenceEqual(b.Accelerators);

    /// <summary>What of a model makes another release.</summary>
    private static (string Name, string Version, Digest Package, ServingSpec Serving) Shown(ModelChoice model) =>
        (model.Name, model.Version, model.Digest, model.Serving);

    private static RolloutStep Progress(
        DeploymentSnapshot deployment, RolloutState state, IReadOnlyList<RolloutMember> members, long nowMs)
    {
        GatesSpec gates = deployment.Spec.Strategy.Gates;
        if (gates.IsEmpty)
        {
            return Progress(deployment, state, members, [], nowMs);
        }

        members = [.. members.Select(m => m.Held == state.Target ? DeviceGate.Judge(gates, m) : m)];
        ImmutableArray<GateReading> onRequests =
        [
            .. HealthGate.Read(gates, members, state.Target, state.StartedAtMs),
            .. DriftJudge.Read(gates, members, state.Target, state.StartedAtMs, deployment.References),
        ];
        RolloutStep step = Progress(deployment, state, members, onRequests, nowMs);
        ImmutableArray<GateReading> readings = [.. onRequests, .. DeviceGate.Read(gates, members, state.Target)];
        bool isOnTrial = readings.Length > 0 && step.State.Phase is RolloutPhase.Progressing or RolloutPhase.Paused;
        long look = nowMs + (long)LookPeriod.TotalMilliseconds;
        return step with
        {
            Gates = readings,
            WakeAtMs = isOnTrial && !(step.WakeAtMs < look) ? look : step.WakeAtMs,
        };
    }

    private static RolloutStep Progress(
        DeploymentSnapshot deployment, RolloutState state, IReadOnlyList<RolloutMember> members,
        ImmutableArray<GateReading> gates, long nowMs)
    {
        StrategySpec strategy = deployment.Spec.Strategy;
        RolloutMember[] exposed = [.. members.Where(m => m.Held == state.Target)];
        RolloutMember[] failed = [.. exposed.Where(m => m.Standing == MemberStanding.Failed)];
        if (failed.Length > strategy.MaxFailures)
        {
            return Restore(deployment, Failed(state, exposed, failed, nowMs), members, nowMs);
        }

        if (gates.FirstOrDefault(static g => g.Standing == GateStanding.Failed) is { } broken)
        {
            return Restore(deployment, Broken(state, broken, nowMs), members, nowMs);
        }

        long? deadline = strategy.Deadline > TimeSpan.Zero
            ? state.StartedAtMs + (long)strategy.Deadline.TotalMilliseconds
            : null;
        if (state.Phase == RolloutPhase.Progressing && deadline <= nowMs)
        {
            state = Overdue(state, strategy.Deadline, exposed.Length, members.Count, nowMs);
        }

        RolloutStep step = new WaveStep(deployment, members, gates, nowMs).Take(state, exposed, deadline);

        // Fewer failed than may, but all that have it: nobody is left who could let the wave pass.
        bool isLost = step.State.Phase == RolloutPhase.Progressing && step.Exposes.IsEmpty
            && exposed.Length > 0 && failed.Length == exposed.Length;
        return isLost ? Restore(deployment, Failed(state, exposed, failed, nowMs), members, nowMs) : step;
    }

    private static RolloutState Overdue(
        RolloutState state, TimeSpan deadline, int exposed, int members, long nowMs) => state with
        {
            Phase = RolloutPhase.Paused,
            ChangedAtMs = nowMs,
            Code = RolloutErrors.DeadlinePassed.Code,
            Reason = string.Create(
                CultureInfo.InvariantCulture,
                $"{exposed} of {members} devices had revision {state.Target} when its deadline of {deadline:g} passed"),
        };

    private static RolloutState Broken(RolloutState state, GateReading gate, long nowMs) => state with
    {
        Phase = RolloutPhase.RollingBack,
        SoakFromMs = 0,
        ChangedAtMs = nowMs,
        Code = RolloutErrors.GateFailed.Code,
        Reason = $"gate {gate.Gate}: {gate.Text}",
    };

    private static RolloutState Failed(
        RolloutState state, RolloutMember[] exposed, RolloutMember[] failed, long nowMs)
    {
        const int NamedMax = 3;
        string named = string.Join("; ", failed.OrderBy(m => m.Device).Take(NamedMax)
            .Select(m => $"{m.Device}: {m.Problem}"));
        int more = failed.Length - NamedMax;
        return state with
        {
            Phase = RolloutPhase.RollingBack,
            SoakFromMs = 0,
            ChangedAtMs = nowMs,
            Code = RolloutErrors.DevicesFailed.Code,
            Reason = string.Create(
                CultureInfo.InvariantCulture,
                $"{failed.Length} of {exposed.Length} devices gave revision {state.Target} up: {named}"
                + $"{(more > 0 ? $"; and {more} more" : "")}"),
        };
    }

    /// <summary>
    /// Back. It is done when no desired state names the target and everybody who is heard and is asked for the stable
    /// revision serves it, or has said what else keeps it from that.
    /// </summary>
    private static RolloutStep Restore(
        DeploymentSnapshot deployment, RolloutState state, IReadOnlyList<RolloutMember> members, long nowMs)
    {
        int exposed = members.Count(m => m.Held == state.Target);
        long stable = state.Stable?.Revision ?? 0;
        RolloutMember[] changing =
        [
            .. members.Where(m => stable > 0 && m.Online && m.Held == stable && m.Problem.Length == 0
                && m.Standing == MemberStanding.Changing),
        ];
        ImmutableArray<string> waits =
        [
            .. exposed > 0
                ? [Count(exposed, "device", "is", "are", "asked for the stable revision")]
                : Array.Empty<string>(),
            .. changing.Length > 0
                ? [Count(changing.Length, "device", "does not serve", "do not serve", "the stable revision again yet")]
                : Array.Empty<string>(),
        ];
        bool isDone = exposed == 0 && changing.Length == 0;
        return new RolloutStep
        {
            Deployment = deployment.Spec.Id,
            State = isDone ? state with { Phase = RolloutPhase.RolledBack, ChangedAtMs = nowMs } : state,
            Waits = isDone ? [] : waits,
        };
    }

    internal static string Count(int count, string noun, string verb, string verbs, string rest) => string.Create(
        CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")} {(count == 1 ? verb : verbs)} {rest}");

    /// <summary>Asked by a person: nobody new takes the target. Null when there is nothing to pause.</summary>
    public static RolloutState? Pause(RolloutState state, string by, long nowMs) =>
        state.Phase == RolloutPhase.Progressing
            ? state with
            {
                Phase = RolloutPhase.Paused,
                ChangedAtMs = nowMs,
                Code = RolloutErrors.PausedByPerson.Code,
                Reason = $"paused by {by}",
            }
            : null;

    /// <summary>Asked by a person: it goes on, and its deadline starts anew. Null when it is not paused.</summary>
    public static RolloutState? Resume(RolloutState state, long nowMs) =>
        state.Phase == RolloutPhase.Paused
            ? state with
            {
                Phase = RolloutPhase.Progressing,
                StartedAtMs = nowMs,
                ChangedAtMs = nowMs,
                Code = "",
                Reason = "",
            }
            : null;

    /// <summary>
    /// Asked by a person: everybody may have it now. Failures still take it back. Null when it does not run.
    /// </summary>
    public static RolloutState? Promote(RolloutState state, long nowMs) =>
        state.Phase is RolloutPhase.Progressing or RolloutPhase.Paused
            ? (Resume(state, nowMs) ?? state) with { Promoted = true, ChangedAtMs = nowMs }
            : null;

    /// <summary>Asked by a person: everybody goes back. Null when there is nothing to take back.</summary>
    public static RolloutState? Abort(RolloutState state, string by, long nowMs) =>
        state.Phase is RolloutPhase.Progressing or RolloutPhase.Paused
            ? state with
            {
                Phase = RolloutPhase.RollingBack,
                SoakFromMs = 0,
                ChangedAtMs = nowMs,
                Code = RolloutErrors.AbortedByPerson.Code,
                Reason = $"aborted by {by}",
            }
            : null;

    /// <summary>Which revision a device is asked for; null for none.</summary>
    /// <param name="deployment">The newest revision.</param>
    /// <param name="step">What was decided.</param>
    /// <param name="device">Which device.</param>
    /// <param name="held">Revision that its desired state asks for; 0 for none.</param>
    public static DeploymentSnapshot? For(
        DeploymentSnapshot deployment, RolloutStep step, DeviceId device, long held)
    {
        RolloutState state = step.State;
        bool hasTarget = state.Phase switch
        {
            RolloutPhase.Complete => true,
            RolloutPhase.Progressing or RolloutPhase.Paused => held == state.Target || step.Exposes.Contains(device),
            _ => false,
        };
        return hasTarget ? deployment
            : state.Stable is { } stable ? deployment with { Spec = stable.Spec, Revision = stable.Revision }
            : null;
    }
}
