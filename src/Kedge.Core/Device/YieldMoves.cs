using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// The moves of a cold swap.
/// <para>Problem: on a small device there is no memory for the old release and the new one together, and whichever the
/// kernel then kills is the wrong one.</para>
/// <para>Approach: once the content of the new release is there, what serves ends first. The agent keeps the listener
/// open, so that connections wait instead of being refused. What comes after is the ordinary pipeline; when it fails,
/// nothing serves, and the last good release comes back as it would after a crash.</para>
/// <para>Invariants: what serves ends only when the new release was fetched and may replace it; a cold try that failed
/// counts against the release, whoever is to blame, since each costs a pause.</para>
/// </summary>
internal static class YieldMoves
{
    /// <summary>Starts the attempt beside what serves, or ends that first.</summary>
    public static WorkloadMove StartOrYield(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadSpec spec = m.W.Attempt!; // Fetching always has an attempt.
        bool isAlone = m.W.Current is null && m.W.Draining.IsEmpty;
        string? cold = isAlone ? null : WhyCold(spec, e.Room, 0);
        if ((cold is null ? ShadowMoves.WhyPutOff(m, spec) : WorkloadMoves.WhyHeld(m, spec)) is { } held)
        {
            return WorkloadMoves.WaitHeld(m, held);
        }

        if (cold is not null && spec.Swap == SwapRule.Auto && m.W.Standby is { } standby)
        {
            cold = WhyCold(spec, e.Room, m.W.Volatile.StandbyBytes);
            string why = $"{StandbyMoves.Label(spec)} needs its memory";
            m = StandbyMoves.Drop(m, $"{StandbyMoves.Label(standby.Spec)} is not kept any more: {why}");
        }

        m = m.With(m.W with
        {
            Volatile = m.W.Volatile with
            {
                SwapNote = cold is null ? "" : $"swapped cold: {cold}",
                IsCold = cold is not null,
            },
        });
        return cold is null ? WorkloadMoves.StartCandidate(m) : Yield(m);
    }

    /// <summary>One that made room has ended; when it was the last, there is room.</summary>
    public static WorkloadMove GoOn(WorkloadMove m, WorkloadEvent e)
    {
        m = DrainMoves.ForgetDrained(m, e);
        return m.W.Draining.IsEmpty ? WorkloadMoves.StartCandidate(m) : m;
    }

    private static WorkloadMove Yield(WorkloadMove m)
    {
        WorkloadState w = m.W;
        m = m.With(w with { Phase = WorkloadPhase.Yielding });
        return w.Current is not { } current
            ? m
            : m.With(m.W with
            {
                Current = null,
                Draining = w.Draining.Add(current),

                // Where nothing has proven itself yet, what served just now is the best there is to come back to.
                LastGood = w.LastGood ?? current.Spec,
                Volatile = w.Volatile with { ProvenAt = null },
            })
                .Then(new DeviceEffect.Drain(current.Id, Limits.YieldDeadline));
    }

    /// <summary>Null when a release is started beside what serves.</summary>
    /// <param name="spec">The release.</param>
    /// <param name="room">Memory of the machine; null where nobody knows.</param>
    /// <param name="freed">Bytes that are free in a moment.</param>
    private static string? WhyCold(WorkloadSpec spec, MemoryRoom? room, long freed)
    {
        long need = spec.Resources.MemoryRequestBytes > 0
            ? spec.Resources.MemoryRequestBytes
            : spec.Resources.MemoryLimitBytes;
        bool hasRoom = room is null || need == 0 || room.AvailableBytes + freed - need >= Limits.MemoryFloorBytes;
        return spec.Swap == SwapRule.Cold ? "its deployment asks for it"
            : spec.Swap == SwapRule.Warm || hasRoom ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{room!.AvailableBytes / Limits.MiB} MiB are available, {StandbyMoves.Label(spec)} needs "
                + $"{need / Limits.MiB} MiB and {Limits.MemoryFloorBytes / Limits.MiB} MiB stay free");
    }
}
