using System.Globalization;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// The moves about the instance that waits frozen.
/// <para>Problem: the way back to what served before is wanted in a hurry, and starting it again takes seconds that a
/// bad release goes on serving in.</para>
/// <para>Approach: what is replaced is parked instead of ended, as long as its successor's spec says and memory allows.
/// Whatever would fetch its release gives it the listener instead. It is the first that gives way when memory is
/// short.</para>
/// <para>What served just now is not compared with live requests again before it serves once more.</para>
/// <para>Invariants: one at most; for a bounded time; a thaw that fails is nobody's fault and the ordinary pipeline
/// goes on from there; what a thaw replaced is not kept, it was taken back.</para>
/// </summary>
internal static class StandbyMoves
{
    /// <summary>What served until now drains, or waits frozen; what waited before it ends.</summary>
    /// <param name="m">With the successor as current.</param>
    /// <param name="old">What served until now; null for nothing.</param>
    /// <param name="wasThawed">True when the successor had waited frozen itself.</param>
    /// <param name="room">Memory of the machine; null where nobody knows.</param>
    public static WorkloadMove Replace(WorkloadMove m, InstanceState? old, bool wasThawed, MemoryRoom? room)
    {
        m = Drop(m, "");
        if (old is null)
        {
            return m;
        }

        WorkloadSpec next = m.W.Current!.Spec; // It has just been promoted.
        if (wasThawed || next.StandbyFor == TimeSpan.Zero || old.Spec == next || m.IsQuarantined(old.Spec))
        {
            return DrainMoves.Drain(m, old);
        }

        if (WhyNoRoom(next, room) is { } why)
        {
            string note = $"{Label(old.Spec)} is not kept: {why}";
            return DrainMoves.Drain(
                m.With(m.W with { Volatile = m.W.Volatile with { StandbyNote = note } }), old);
        }

        return m.With(m.W with
        {
            Standby = old with { Thawed = false },
            Volatile = m.W.Volatile with { StandbyUntil = m.Now + next.StandbyFor },
        })
            .Then(new DeviceEffect.Park(old.Id, Limits.DrainDeadline));
    }

    /// <summary>
    /// What is wanted waits frozen: it gets the listener, unless what serves may not be replaced now.
    /// </summary>
    public static WorkloadMove Thaw(WorkloadMove m, WorkloadSpec spec)
    {
        if (WorkloadMoves.WhyHeld(m, spec) is { } why)
        {
            return WorkloadMoves.WaitHeld(m, why);
        }

        InstanceState standby = m.W.Standby!; // The caller saw that it is this release.
        return WorkloadMoves.HandOver(m.With(m.W with
        {
            Attempt = spec,
            Candidate = standby with { Spec = spec, Thawed = true },
            Standby = null,
            Volatile = m.W.Volatile with { RetryAt = null, StandbyUntil = null },
        }));
    }

    public static WorkloadMove StopCandidateAndFail(WorkloadMove m, WorkloadEvent e) =>
        Fail(m.Then(new DeviceEffect.Stop(m.W.Candidate!.Id)), e); // HandingOver has one.

    /// <summary>The candidate did not get the listener. One that had waited frozen is started afresh.</summary>
    public static WorkloadMove Fail(WorkloadMove m, WorkloadEvent e)
    {
        WorkloadState w = m.W;
        if (w.Candidate is not { Thawed: true } candidate)
        {
            return WorkloadMoves.Fail(m, e);
        }

        m = m.With(w with
        {
            Candidate = null,
            Attempt = null,
            Volatile = w.Volatile with { StandbyNote = $"{Label(candidate.Spec)} did not thaw: {e.Problem!.Message}" },
        });
        bool isWanted = !w.Unwanted && (candidate.Spec == w.Target || candidate.Spec == w.LastGood);
        return isWanted ? WorkloadMoves.FetchOrPursue(m, candidate.Spec) : WorkloadMoves.Pursue(m);
    }

    public static WorkloadMove Note(WorkloadMove m, WorkloadEvent e) =>
        m.With(m.W with { Volatile = m.W.Volatile with { StandbyBytes = e.Bytes } });

    public static WorkloadMove Forget(WorkloadMove m, WorkloadEvent e) =>
        Without(m, $"{Label(m.W.Standby!.Spec)} ended while it waited"); // The event is about it.

    public static WorkloadMove Expire(WorkloadMove m, WorkloadEvent e) => Drop(m, "");

    public static WorkloadMove GiveWay(WorkloadMove m, WorkloadEvent e) => Drop(m, string.Create(
        CultureInfo.InvariantCulture,
        $"{Label(m.W.Standby!.Spec)} is not kept any more: {e.Bytes / Limits.MiB} MiB are available, "
        + $"{Limits.MemoryFloorBytes / Limits.MiB} MiB stay free"));

    internal static WorkloadMove Drop(WorkloadMove m, string note) => m.W.Standby is { } standby
        ? Without(m.Then(new DeviceEffect.Stop(standby.Id)), note)
        : m.With(m.W with { Volatile = m.W.Volatile with { StandbyNote = note } });

    private static WorkloadMove Without(WorkloadMove m, string note) => m.With(m.W with
    {
        Standby = null,
        Volatile = m.W.Volatile with { StandbyUntil = null, StandbyBytes = 0, StandbyNote = note },
    });

    /// <summary>Null when there is memory for what serves to grow to its limit beside what waits.</summary>
    private static string? WhyNoRoom(WorkloadSpec next, MemoryRoom? room)
    {
        if (room is null)
        {
            return "nobody knows how much memory is available";
        }

        long growth = Math.Max(0, next.Resources.MemoryLimitBytes - room.UsedBytes);
        return room.AvailableBytes - growth >= Limits.MemoryFloorBytes
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{room.AvailableBytes / Limits.MiB} MiB are available, {Label(next)} may take "
                + $"{growth / Limits.MiB} MiB more and {Limits.MemoryFloorBytes / Limits.MiB} MiB stay free");
    }

    internal static string Label(WorkloadSpec spec) =>
        string.Join(", ", spec.Models.Select(static m => m.PackageLabel));
}
