using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// The handlers of <see cref="WorkloadMachine"/>'s table around the comparison with live requests. Comparing replaces
/// nothing that serves, so it does not wait for a maintenance window: live requests come when windows are shut.
/// </summary>
internal static class ShadowMoves
{
    /// <summary>What comes after the golden samples: the comparison where it is due, else the listener.</summary>
    public static WorkloadMove CompareOrHandOver(WorkloadMove m)
    {
        InstanceState candidate = m.W.Candidate!; // Whoever comes from Starting to Shadowing has one.
        if (IsDue(m, candidate.Spec))
        {
            return Compare(m);
        }

        return WorkloadMoves.WhyHeld(m, candidate.Spec) is { } why
            ? WorkloadMoves.WaitHeld(m, why)
            : WorkloadMoves.HandOver(m);
    }

    public static WorkloadMove RememberAndHandOver(WorkloadMove m, WorkloadEvent e)
    {
        ImmutableArray<PreflightPass> passed = m.W.Shadowed.Add(PassOf(m, m.W.Attempt!));
        return CompareOrHandOver(m.With(
            m.W with { Shadowed = WorkloadMoves.Newest(passed, Limits.PreflightsPerWorkloadMax) }));
    }

    /// <summary>The same release with other bounds is compared by those; with none, its time has come.</summary>
    public static WorkloadMove RetargetAndPursue(WorkloadMove m, WorkloadEvent e)
    {
        ShadowSpec? before = m.W.Candidate!.Spec.Shadow;
        m = WorkloadMoves.RetargetAndPursue(m, e);
        return m.State is not { Phase: WorkloadPhase.Shadowing, Candidate: { } candidate }
            || Equals(candidate.Spec.Shadow, before)
            ? m
            : CompareOrHandOver(m);
    }

    /// <summary>
    /// What served is gone. One that still drained takes its place and is compared with; without one the candidate
    /// takes
    /// over, as it would where nothing served: its golden samples passed, and clients wait.
    /// </summary>
    public static WorkloadMove LoseCurrent(WorkloadMove m, WorkloadEvent e) =>
        CompareOrHandOver(WorkloadMoves.LoseCurrent(m, e));

    public static WorkloadMove Resume(WorkloadMove m, WorkloadEvent e)
    {
        InstanceState candidate = m.W.Candidate!;
        WorkloadMove seen = WorkloadMoves.Sight(m, e);
        bool goesOn = e.Alive.Contains(candidate.Id) && WorkloadMoves.Allowed(m, candidate.Spec) is not null
            && WhyPutOff(seen, candidate.Spec) is null;
        return goesOn
            ? CompareOrHandOver(seen.Then(new DeviceEffect.Watch(candidate)))
            : WorkloadMoves.ResumeStarting(m, e);
    }

    /// <summary>
    /// Why a release may not be started beside what serves; null when it may. One that is still to be compared is held
    /// back by somebody at the device only, and asked about windows before it gets the listener.
    /// </summary>
    public static Problem? WhyPutOff(WorkloadMove m, WorkloadSpec next) =>
        WorkloadMoves.WhyHeld(IsDue(m, next) ? m with { Window = null } : m, next);

    /// <summary>
    /// True when a release must be compared before it may serve. Not where nothing serves, nor where what serves is
    /// known to be bad, nor on the way back to what served before.
    /// </summary>
    private static bool IsDue(WorkloadMove m, WorkloadSpec next) =>
        next.Shadow is not null && m.W.Current is { } current && current.Spec != next
        && !m.IsQuarantined(current.Spec) && !WorkloadMoves.IsWayBack(m.W, current.Spec, next)
        && !m.W.Shadowed.Contains(PassOf(m, next));

    /// <summary>A pass by other bounds says nothing about these.</summary>
    private static PreflightPass PassOf(WorkloadMove m, WorkloadSpec spec) => new(
        spec.Digest,
        spec.Shadow is not { } shadow ? m.Runtime : string.Create(
            CultureInfo.InvariantCulture,
            $"{m.Runtime}, {shadow.AgreementPpm} of a million agree within {shadow.TolerancePpm}"));

    private static WorkloadMove Compare(WorkloadMove m)
    {
        InstanceState candidate = m.W.Candidate!;
        return m.With(m.W with { Phase = WorkloadPhase.Shadowing }).Then(new DeviceEffect.Shadow(
            candidate.Id, m.W.Current!.Id, candidate.Spec.Shadow!)); // Due: both are there.
    }
}
