using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// What follows when the instance that serves is lost: its process ended, or it lives and does not answer.
/// <para>A release that is not proven has failed. A proven one is started again at once; when that happens
/// <see cref="Limits.ReleaseFailuresMax"/> times in a row, each time before it served for
/// <see cref="Limits.SteadyAfter"/>, it is quarantined and the good release before it comes back. Where there is none
/// it is started again and again, each time a little later.</para>
/// </summary>
internal static class LossMoves
{
    private const int WaitsDoubledMax = 6;

    /// <summary>It lives and does not answer: it is ended, then the same as when it had ended by itself.</summary>
    public static WorkloadMove StopAndRestartCurrent(WorkloadMove m, WorkloadEvent e) =>
        RestartCurrent(StopCurrent(m), e);

    /// <summary>The same while its successor comes up.</summary>
    public static WorkloadMove StopAndLoseCurrent(WorkloadMove m, WorkloadEvent e) =>
        WorkloadMoves.LoseCurrent(StopCurrent(m), e);

    /// <summary>The same while its successor answers copies of its requests.</summary>
    public static WorkloadMove StopAndLoseShadowed(WorkloadMove m, WorkloadEvent e) =>
        ShadowMoves.LoseCurrent(StopCurrent(m), e);

    /// <summary>The serving instance is gone and nothing else comes up: start its release again.</summary>
    public static WorkloadMove RestartCurrent(WorkloadMove m, WorkloadEvent e)
    {
        InstanceState dead = m.W.Current!; // These phases have one when it is lost.
        int losses = LossesWith(m);
        m = WorkloadMoves.LoseCurrent(m, e);
        if (!dead.Proven)
        {
            return WorkloadMoves.Fail(
                m.With(m.W with { Attempt = dead.Spec }), e with { Blame = Blame.Release });
        }

        m = m.With(m.W with
        {
            Problem = e.Problem,
            Volatile = m.W.Volatile with { LossesInRow = losses },
        });
        if (losses >= Limits.ReleaseFailuresMax && OtherGood(m, dead.Spec) is { } other)
        {
            m = WorkloadMoves.QuarantineRelease(m, dead.Spec, WorkloadMoves.CrashLoop(losses, e.Problem!));
            return WorkloadMoves.Pursue(m.With(m.W with { LastGood = other, GoodBefore = null }));
        }

        bool busyWithAnother = m.W.Phase != WorkloadPhase.Serving && m.W.Current is null;
        if (busyWithAnother && !m.IsQuarantined(dead.Spec))
        {
            return WorkloadMoves.Fetch(m, dead.Spec);
        }

        m = m.With(m.W with { FailuresInRow = 0 });
        return losses < Limits.ReleaseFailuresMax || m.W.Current is not null
            ? WorkloadMoves.Pursue(m)
            : Wait(m, losses);
    }

    /// <summary>
    /// What was good before a release that is proven now. One that was taken back is none: going back to an older
    /// revision leaves nothing to go back to.
    /// </summary>
    public static WorkloadSpec? GoodBefore(WorkloadState w, WorkloadSpec proven) =>
        w.LastGood == proven ? w.GoodBefore
        : w.LastGood?.Revision < proven.Revision ? w.LastGood
        : null;

    /// <summary>
    /// What to go back to where nothing is proven yet: what served without a fault until it was replaced.
    /// </summary>
    public static WorkloadSpec? BestKnown(WorkloadMove m) =>
        m.W.Current is { } replaced ? WorkloadMoves.Allowed(m, replaced.Spec) : null;

    private static WorkloadMove StopCurrent(WorkloadMove m) =>
        m.Then(new DeviceEffect.Stop(m.W.Current!.Id)); // Only the serving instance is asked.

    private static int LossesWith(WorkloadMove m)
    {
        VolatileState clock = m.W.Volatile;
        return clock.ServingSince is { } since && m.Now - since >= Limits.SteadyAfter ? 1 : clock.LossesInRow + 1;
    }

    private static WorkloadSpec? OtherGood(WorkloadMove m, WorkloadSpec lost) =>
        WorkloadMoves.Allowed(m, m.W.LastGood == lost ? m.W.GoodBefore : m.W.LastGood);

    private static WorkloadMove Wait(WorkloadMove m, int losses)
    {
        int waits = Math.Min(losses - Limits.ReleaseFailuresMax + 1, WaitsDoubledMax);
        return WorkloadMoves.Wait(m.With(m.W with { Volatile = m.W.Volatile with { TriesInRow = waits } }));
    }
}
