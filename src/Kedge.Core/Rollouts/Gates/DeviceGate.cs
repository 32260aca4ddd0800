using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Measure;

namespace Kedge.Core.Rollouts.Gates;

/// <summary>
/// Judges the new revision on each device by what the device itself counts. A device on which it fails counts as one
/// that gave it up, so that the strategy's limit of failures holds for both. Memory and temperature are judged by the
/// least reading of a whole window, so that no single reading decides.
/// </summary>
public static class DeviceGate
{
    /// <summary>So many readings make a window whole enough to be judged by its least one.</summary>
    public const int ReadingsMin = 5;

    /// <summary>The member, failed where its figures break a gate.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="member">A device that has the revision on trial.</param>
    public static RolloutMember Judge(GatesSpec gates, RolloutMember member) =>
        member.Standing == MemberStanding.Failed
        || (Restarts(gates, member) ?? Memory(gates, member) ?? Temperature(gates, member)) is not { } breach
            ? member
            : member with
            {
                Standing = MemberStanding.Failed,
                Problem = $"{RolloutErrors.DeviceGateFailed.Code} {breach}",
            };

    /// <summary>What the gates on devices say, each; empty without one, or while nobody has the target.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="members">Devices that the rollout may reach, as <see cref="Judge"/> left them.</param>
    /// <param name="target">The revision on trial.</param>
    public static ImmutableArray<GateReading> Read(
        GatesSpec gates, IReadOnlyList<RolloutMember> members, long target)
    {
        RolloutMember[] trial = [.. members.Where(m => m.Held == target)];
        if (trial.Length == 0)
        {
            return [];
        }

        const string Within = "within its limits on every device that told";
        ImmutableArray<GateReading>.Builder readings = ImmutableArray.CreateBuilder<GateReading>();
        if (gates.Memory is not null)
        {
            readings.Add(Read("memory", trial, m => Memory(gates, m), Within));
        }

        if (gates.MaxRestarts is not null)
        {
            readings.Add(Read("restarts", trial, m => Restarts(gates, m), Within));
        }

        if (gates.Temperature is not null)
        {
            int blind = trial.Count(IsBlind);
            readings.Add(Read("temperature", trial, m => Temperature(gates, m), blind == 0
                ? Within
                : RolloutPlanner.Count(
                    blind, "device", "has no thermal zone that answers and", "have none that answers and",
                    "cannot be judged")));
        }

        if (gates.GoldenPpm is { } asked)
        {
            readings.Add(new GateReading("golden", GateStanding.Passing, Golden(trial, asked)));
        }

        return readings.ToImmutable();
    }

    private static GateReading Read(
        string name, RolloutMember[] trial, Func<RolloutMember, string?> breach, string otherwise)
    {
        RolloutMember[] broken = [.. trial.Where(m => breach(m) is not null)];
        return broken.Length == 0
            ? new GateReading(name, GateStanding.Passing, otherwise)
            : new GateReading(name, GateStanding.Failed, RolloutPlanner.Count(
                broken.Length, "device", "breaks it:", "break it, the first is", $"{broken.Min(m => m.Device)}"));
    }

    private static string? Restarts(GatesSpec gates, RolloutMember member)
    {
        int restarts = OnTrial(member).Select(static w => w.Restarts).DefaultIfEmpty().Max();
        return gates.MaxRestarts is { } most && restarts > most
            ? string.Create(CultureInfo.InvariantCulture, $"started again {restarts} times, {most} may be")
            : null;
    }

    private static string? Memory(GatesSpec gates, RolloutMember member)
    {
        FigureWindow? heaviest = OnTrial(member).Where(w => IsWhole(w, w.Readings, gates))
            .MaxBy(static w => w.MemoryLowBytes);
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

    private static string? Temperature(GatesSpec gates, RolloutMember member)
    {
        FigureWindow? warmest = OnTrial(member).Where(w => IsWhole(w, w.HeatReadings, gates))
            .MaxBy(static w => w.HeatLowMilliCelsius);
        if (gates.Temperature is not { } temperature || warmest is null)
        {
            return null;
        }

        int low = warmest.HeatLowMilliCelsius;
        if (temperature.MaxCelsius is { } max && low > max * 1000)
        {
            return $"never cooler than {Degrees(low)} for a whole window, {Degrees(max * 1000)} may be";
        }

        FigureWindow? before = member.Figures
            .Where(w => w.Release != member.Release && w.HeatReadings >= ReadingsMin)
            .MaxBy(static w => w.HeatLowMilliCelsius);
        return temperature.MaxIncreaseCelsius is { } increase && before is not null
            && low > before.HeatLowMilliCelsius + (increase * 1000)
            ? $"never cooler than {Degrees(low)} for a whole window, {Degrees(before.HeatLowMilliCelsius)} before; "
                + $"{Degrees(increase * 1000)} more may be"
            : null;
    }

    /// <summary>The lowest share of golden samples that agreed: a device with less does not serve at all.</summary>
    private static string Golden(RolloutMember[] trial, int askedPpm)
    {
        (RolloutMember Member, FigureWindow Window)[] told =
        [
            .. trial.SelectMany(m => OnTrial(m).Where(static w => w.GoldenSamples > 0).Select(w => (m, w))),
        ];
        string asked = string.Create(CultureInfo.InvariantCulture, $"asked for are {askedPpm / 10_000.0:0.####} %");
        if (told.Length == 0)
        {
            return $"no device that serves it has told yet, {asked}";
        }

        (RolloutMember lowest, FigureWindow window) = told
            .OrderBy(static t => (double)t.Window.GoldenAgreed / t.Window.GoldenSamples)
            .ThenBy(static t => t.Member.Device).First();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the fewest on {lowest.Device}: {window.GoldenAgreed:N0} of {window.GoldenSamples:N0} samples, {asked}");
    }

    private static IEnumerable<FigureWindow> OnTrial(RolloutMember member) =>
        member.Figures.Where(w => w.Release == member.Release);

    /// <summary>It has told a whole window without a temperature.</summary>
    private static bool IsBlind(RolloutMember member) =>
        OnTrial(member).Any(static w => w is { HeatReadings: 0, Readings: >= ReadingsMin })
        && OnTrial(member).All(static w => w.HeatReadings == 0);

    private static bool IsWhole(FigureWindow window, int readings, GatesSpec gates) =>
        readings >= ReadingsMin && window.ForMs >= gates.Window.TotalMilliseconds;

    private static string Size(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)Limits.MiB:0.0} MiB");

    private static string Degrees(int milliCelsius) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliCelsius / 1000.0:0.#} °C");
}
