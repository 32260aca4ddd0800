using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Measure;

namespace Kedge.Core.Rollouts.Gates;

/// <summary>
/// Judges the new revision on each device by what the device itself counts. A device on which it fails counts as one
/// that gave it up, so that the strategy's limit of failures holds for both. Memory is judged by the least reading of
/// a whole window, so that no single reading decides.
/// </summary>
public static class DeviceGate
{
    /// <summary>So many readings make a window whole enough to be judged by its least one.</summary>
    public const int ReadingsMin = 5;

    /// <summary>The member, failed where its figures break a gate.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="member">A device that has the revision on trial.</param>
    public static RolloutMember Judge(GatesSpec gates, RolloutMember member) =>
        member.Standing == MemberStanding.Failed || Breach(gates, member) is not { } breach
            ? member
            : member with
            {
                Standing = MemberStanding.Failed,
                Problem = $"{RolloutErrors.DeviceGateFailed.Code} {breach}",
            };

    /// <summary>What the gates on devices say together; empty without one, or while nobody has the target.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="members">Devices that the rollout may reach, as <see cref="Judge"/> left them.</param>
    /// <param name="target">The revision on trial.</param>
    public static ImmutableArray<GateReading> Read(
        GatesSpec gates, IReadOnlyList<RolloutMember> members, long target)
    {
        if ((gates.Memory is null && gates.MaxRestarts is null) || !members.Any(m => m.Held == target))
        {
            return [];
        }

        string name = gates.Memory is null ? "restarts" : gates.MaxRestarts is null ? "memory" : "memory, restarts";
        RolloutMember[] broken = [.. members.Where(m => m.Held == target && Breach(gates, m) is not null)];
        return
        [
            broken.Length == 0
                ? new GateReading(name, GateStanding.Passing, "within its limits on every device that told")
                : new GateReading(name, GateStanding.Failed, RolloutPlanner.Count(
                    broken.Length, "device", "breaks it:", "break it, the first is", $"{broken.Min(m => m.Device)}")),
        ];
    }

    private static string? Breach(GatesSpec gates, RolloutMember member)
    {
        FigureWindow[] trial = [.. member.Figures.Where(w => w.Release == member.Release)];
        int restarts = trial.Select(static w => w.Restarts).DefaultIfEmpty().Max();
        if (gates.MaxRestarts is { } most && restarts > most)
        {
            return string.Create(CultureInfo.InvariantCulture, $"started again {restarts} times, {most} may be");
        }

        FigureWindow? heaviest = trial.Where(w => IsWhole(w, gates)).MaxBy(static w => w.MemoryLowBytes);
        if (gates.Memory is not { } memory || heaviest is null)
        {
            return null;
        }

        if (memory.MaxBytes is { } max && heaviest.MemoryLowBytes > max)
        {
            return $"never below {Size(heaviest.MemoryLowBytes)} of memory for a whole window, {Size(max)} may be";
        }

        long before = member.Figures.Where(w => w.Release != member.Release && w.Readings >= ReadingsMin)
            .Select(static w => w.MemoryLowBytes).DefaultIfEmpty().Max();
        return memory.MaxRatioPermille is { } ratio && before > 0
            && heaviest.MemoryLowBytes > before * (ratio / 1000.0)
            ? $"never below {Size(heaviest.MemoryLowBytes)} of memory for a whole window, {Size(before)} before; "
                + string.Create(CultureInfo.InvariantCulture, $"{ratio / 1000.0:0.###} times as much may be")
            : null;
    }

    private static bool IsWhole(FigureWindow window, GatesSpec gates) =>
        window.Readings >= ReadingsMin && window.ForMs >= gates.Window.TotalMilliseconds;

    private static string Size(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)Limits.MiB:0.0} MiB");
}
