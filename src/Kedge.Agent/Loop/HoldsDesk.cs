using System.Collections.Immutable;
using System.Globalization;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Errors;

namespace Kedge.Agent.Loop;

/// <summary>
/// Finds out what may not be replaced now: turns the device's clock, the windows of its workloads and the hold that
/// somebody set into what the machine understands. Windows are by local time, and stay shut while the clock cannot be
/// right. Lives on the loop.
/// </summary>
internal sealed class HoldsDesk(LoopParts parts, HoldFile file)
{
    /// <summary>How soon a clock that was wrong is looked at again.</summary>
    private static readonly TimeSpan ClockPeriod = TimeSpan.FromMinutes(1);

    private DeviceHolds _holds = DeviceHolds.None;

    /// <summary>When it will be otherwise; null for never.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>What is not to be replaced now; the same object as before while nothing changed.</summary>
    internal DeviceHolds Look(DeviceState state)
    {
        Due = null;
        DateTime utc = Time(parts.Clock.WallMs);
        Problem? device = Hold(utc);
        ImmutableSortedDictionary<DeploymentId, Problem> windows = DeviceHolds.None.Windows;
        bool isSame = device == _holds.Device;
        foreach (WorkloadState workload in state.InOrder)
        {
            if (workload.Target is { } target && Window(target.Windows, utc) is { } shut)
            {
                windows = windows.Add(workload.Name, shut);
                isSame &= _holds.Windows.GetValueOrDefault(workload.Name) == shut;
            }
        }

        if (!isSame || windows.Count != _holds.Windows.Count)
        {
            _holds = new DeviceHolds(device, windows);
        }

        return _holds;
    }

    /// <summary>Holds or releases the device. Null when that is durable.</summary>
    internal Finding? Set(bool isHeld, string reason, TimeSpan? time) =>
        file.Set(isHeld, reason, time is { } length ? parts.Clock.WallMs + (long)length.TotalMilliseconds : 0);

    /// <summary>What a hold says of itself.</summary>
    internal static string Words(HoldFile file, AgentOptions options)
    {
        string until = file.UntilMs > 0 ? $" until {Words(Time(file.UntilMs), options)}" : "";
        return $"held by this device{until}{(file.Reason.Length > 0 ? $": {file.Reason}" : "")}";
    }

    private Problem? Hold(DateTime utc)
    {
        if (!file.IsHeld)
        {
            return null;
        }

        if (file.UntilMs > 0)
        {
            DateTime until = Time(file.UntilMs);
            if (until <= utc)
            {
                // Where this cannot be saved it is over all the same, and is over again after the next start.
                _ = file.Set(false, "", 0);
                return null;
            }

            Wake(until - utc);
        }

        return new Problem(DeviceErrors.Held.Code, Words(file, parts.Options));
    }

    private Problem? Window(ImmutableArray<MaintenanceWindow> windows, DateTime utc)
    {
        if (!windows.IsEmpty && parts.Clock.IsWrong)
        {
            Wake(ClockPeriod);
            return new Problem(
                DeviceErrors.OutsideWindows.Code,
                $"its clock shows {Words(utc, parts.Options)}, which cannot be right: maintenance windows stay shut");
        }

        if (MaintenanceWindow.IsOpen(windows, utc, parts.Options.OffsetOf))
        {
            return null;
        }

        DateTime opening = MaintenanceWindow.NextOpening(windows, utc, parts.Options.OffsetOf);
        Wake(opening - utc);
        return new Problem(
            DeviceErrors.OutsideWindows.Code,
            $"outside its maintenance windows until {Words(opening, parts.Options)}");
    }

    private void Wake(TimeSpan after)
    {
        TimeSpan due = parts.Clock.Now + after;
        Due = Due < due ? Due : due;
    }

    private static DateTime Time(long ms) =>
        DateTime.UnixEpoch.AddMilliseconds(Math.Min(ms, AgentLimits.ClockMsMax));

    private static string Words(DateTime utc, AgentOptions options)
    {
        TimeSpan offset = options.OffsetOf(utc);
        return new DateTimeOffset(DateTime.SpecifyKind(utc + offset, DateTimeKind.Unspecified), offset)
            .ToString("yyyy-MM-dd'T'HH:mmzzz", CultureInfo.InvariantCulture);
    }
}
