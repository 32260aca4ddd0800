using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>
/// A time of the week, by the device's own local clock, in which a release that serves may be replaced.
/// <para>Problem: clocks are put forward and back, and a window may run over midnight.</para>
/// <para>Approach: a window is open whenever the clock on the wall shows a time within it; everything else follows from
/// that. Where the clock is put forward over the beginning, the window begins with the first time that exists; where it
/// is put back, a time that comes twice is within both times. A window that lies whole in an hour that is left out does
/// not open on that day.</para>
/// <para>Times of the wall are counted from a UTC time and the zone's distance from it, which whoever asks brings
/// along.</para>
/// </summary>
public sealed class MaintenanceWindow : IEquatable<MaintenanceWindow>
{
    /// <summary>All seven days.</summary>
    public const int EveryDay = 0x7F;

    /// <summary>Minutes of a day, and the greatest end.</summary>
    public const int DayMinutes = 1_440;

    /// <summary>Most windows of one deployment: two for each day of the week, and two more.</summary>
    public const int CountMax = 16;

    /// <summary>Changes of a zone's clock that one search passes: far more than a week ever has.</summary>
    private const int ZoneChangesMax = 16;

    /// <summary>A window that <see cref="IsValid"/>.</summary>
    public MaintenanceWindow(int days, int fromMinute, int toMinute)
    {
        Check.That(IsValid(days, fromMinute, toMinute));
        (Days, FromMinute, ToMinute) = (days, fromMinute, toMinute);
    }

    /// <summary>
    /// On which days it opens: bit 0 for Sunday to bit 6 for Saturday, as <see cref="DayOfWeek"/> counts.
    /// </summary>
    public int Days { get; }

    /// <summary>When it opens, in minutes since midnight, 0..1439.</summary>
    public int FromMinute { get; }

    /// <summary>
    /// When it closes, in minutes since midnight, 0..1440; on the next day when that is not after the opening.
    /// </summary>
    public int ToMinute { get; }

    /// <summary>When it closes, in minutes since the midnight before it opened.</summary>
    private int EndMinute => ToMinute > FromMinute ? ToMinute : ToMinute + DayMinutes;

    /// <summary>True for a window that opens at some time and closes at another.</summary>
    public static bool IsValid(int days, int fromMinute, int toMinute) =>
        days is > 0 and <= EveryDay && fromMinute is >= 0 and < DayMinutes
        && toMinute is >= 0 and <= DayMinutes && fromMinute != toMinute;

    /// <summary>True when it is open while the clock on the wall shows this.</summary>
    public bool Contains(DateTime local)
    {
        int minute = (int)local.TimeOfDay.TotalMinutes;
        int yesterday = ((int)local.DayOfWeek + 6) % 7;
        return (OpensOn((int)local.DayOfWeek) && minute >= FromMinute && minute < EndMinute)
            || (OpensOn(yesterday) && minute + DayMinutes < EndMinute);
    }

    /// <summary>True when one of the windows is open, or when there is none.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="utc">Now.</param>
    /// <param name="offsetOf">How far the device's zone is from UTC at a UTC time.</param>
    public static bool IsOpen(
        ImmutableArray<MaintenanceWindow> windows, DateTime utc, Func<DateTime, TimeSpan> offsetOf) =>
        windows.IsEmpty || IsBeyond(utc) || IsOpenAt(windows, utc + offsetOf(utc));

    /// <summary>The UTC time from now on at which one of the windows is open first.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="utc">Now.</param>
    /// <param name="offsetOf">How far the device's zone is from UTC at a UTC time.</param>
    public static DateTime NextOpening(
        ImmutableArray<MaintenanceWindow> windows, DateTime utc, Func<DateTime, TimeSpan> offsetOf)
    {
        DateTime at = utc;
        for (int changes = 0; changes < ZoneChangesMax && !IsOpen(windows, at, offsetOf); changes++)
        {
            TimeSpan offset = offsetOf(at);
            DateTime opening = NextOnTheWall(windows, at + offset) - offset;
            if (offsetOf(opening) == offset)
            {
                return opening;
            }

            at = FirstWithAnother(at, opening, offset, offsetOf);
        }

        return at;
    }

    /// <inheritdoc/>
    public bool Equals(MaintenanceWindow? other) => other is not null
        && Days == other.Days && FromMinute == other.FromMinute && ToMinute == other.ToMinute;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MaintenanceWindow);

    /// <inheritdoc/>
    public override int GetHashCode() => (((Days * DayMinutes) + FromMinute) * (DayMinutes + 1)) + ToMinute;

    private bool OpensOn(int day) => (Days & (1 << day)) != 0;

    private static bool IsOpenAt(ImmutableArray<MaintenanceWindow> windows, DateTime local)
    {
        foreach (MaintenanceWindow window in windows)
        {
            if (window.Contains(local))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>When a window opens next if nobody changes the clock on the wall; none of them is open now.</summary>
    private static DateTime NextOnTheWall(ImmutableArray<MaintenanceWindow> windows, DateTime local)
    {
        DateTime first = DateTime.MaxValue;
        foreach (MaintenanceWindow window in windows)
        {
            DateTime opening = local.Date.AddMinutes(window.FromMinute);
            while (opening < local || !window.OpensOn((int)opening.DayOfWeek))
            {
                opening = opening.AddDays(1);
            }

            first = opening < first ? opening : first;
        }

        return first;
    }

    /// <summary>The first time after one with this offset, and not after one with another, that has another.</summary>
    private static DateTime FirstWithAnother(
        DateTime with, DateTime without, TimeSpan offset, Func<DateTime, TimeSpan> offsetOf)
    {
        while (without.Ticks - with.Ticks > 1)
        {
            DateTime middle = with.AddTicks((without.Ticks - with.Ticks) / 2);
            (with, without) = offsetOf(middle) == offset ? (middle, without) : (with, middle);
        }

        return without;
    }

    /// <summary>At the ends of the calendar nothing can be counted: such a clock holds nothing back.</summary>
    private static bool IsBeyond(DateTime utc) => utc.Year is < 2 or > 9_990;
}
