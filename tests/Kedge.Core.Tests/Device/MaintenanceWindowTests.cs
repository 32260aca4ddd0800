using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Tests.Device;

public sealed class MaintenanceWindowTests
{
    private const int Sundays = 1;
    private const int Mondays = 2;

    /// <summary>As in Rome: an hour ahead, two in summer.</summary>
    private static TimeSpan Rome(DateTime utc) =>
        TimeSpan.FromHours(utc >= Utc("2026-03-29T01:00") && utc < Utc("2026-10-25T01:00") ? 2 : 1);

    private static TimeSpan Greenwich(DateTime utc) => TimeSpan.Zero;

    [Theory]
    [InlineData(MaintenanceWindow.EveryDay, "22:00", "04:00", "2026-06-01T12:00", "2026-06-01T22:00")]
    [InlineData(MaintenanceWindow.EveryDay, "22:00", "04:00", "2026-06-01T22:00", "2026-06-01T22:00")]
    [InlineData(MaintenanceWindow.EveryDay, "22:00", "04:00", "2026-06-02T03:59", "2026-06-02T03:59")]
    [InlineData(MaintenanceWindow.EveryDay, "22:00", "04:00", "2026-06-02T04:00", "2026-06-02T22:00")]
    [InlineData(Mondays, "22:00", "04:00", "2026-06-02T03:00", "2026-06-02T03:00")] // a Tuesday
    [InlineData(Mondays, "22:00", "04:00", "2026-06-01T03:00", "2026-06-01T22:00")] // not opened on Sunday
    [InlineData(Mondays, "22:00", "04:00", "2026-06-02T04:00", "2026-06-08T22:00")]
    [InlineData(Mondays, "09:00", "10:00", "2026-06-01T09:30", "2026-06-01T09:30")]
    [InlineData(Mondays, "00:00", "24:00", "2026-06-01T23:59", "2026-06-01T23:59")]
    [InlineData(Mondays, "00:00", "24:00", "2026-06-02T00:00", "2026-06-08T00:00")]
    public void It_opens_next_when_it_says(int days, string from, string to, string now, string opens) =>
        Assert.Equal(Utc(opens), MaintenanceWindow.NextOpening([Window(days, from, to)], Utc(now), Greenwich));

    [Theory]
    [InlineData("02:30", "04:00", "2026-03-29T00:00", "2026-03-29T01:00")] // 02:30 is left out: 03:00 is the next time
    [InlineData("02:10", "02:50", "2026-03-29T00:00", "2026-04-05T00:10")] // left out whole on this day
    [InlineData("03:00", "04:00", "2026-03-29T00:00", "2026-03-29T01:00")]
    [InlineData("12:00", "13:00", "2026-03-28T20:00", "2026-03-29T10:00")]
    [InlineData("02:30", "02:40", "2026-10-25T00:00", "2026-10-25T00:30")] // 02:30 in summer
    [InlineData("02:30", "02:40", "2026-10-25T00:45", "2026-10-25T01:30")] // 02:30 again, in winter
    [InlineData("12:00", "13:00", "2026-10-24T20:00", "2026-10-25T11:00")]
    public void It_follows_the_clock_on_the_wall_when_that_is_changed(
        string from, string to, string now, string opens) =>
        Assert.Equal(Utc(opens), MaintenanceWindow.NextOpening([Window(Sundays, from, to)], Utc(now), Rome));

    [Fact]
    public void The_first_of_several_counts()
    {
        ImmutableArray<MaintenanceWindow> windows =
            [Window(Sundays, "01:00", "02:00"), Window(Mondays, "22:00", "23:00"), Window(Mondays, "08:00", "09:00")];
        Assert.Equal(
            Utc("2026-06-01T08:00"), MaintenanceWindow.NextOpening(windows, Utc("2026-06-01T00:00"), Greenwich));
    }

    [Fact]
    public void Without_windows_it_is_always_open() =>
        Assert.True(MaintenanceWindow.IsOpen([], Utc("2026-06-01T00:00"), Greenwich));

    [Theory]
    [InlineData(0, 0, 60)]
    [InlineData(128, 0, 60)]
    [InlineData(1, -1, 60)]
    [InlineData(1, 1_440, 60)]
    [InlineData(1, 0, 1_441)]
    [InlineData(1, 60, 60)]
    public void What_never_opens_is_no_window(int days, int from, int to) =>
        Assert.False(MaintenanceWindow.IsValid(days, from, to));

    [Theory]
    [InlineData("0001-01-01T00:00")]
    [InlineData("9999-12-31T23:59")]
    public void At_the_ends_of_the_calendar_nothing_is_held_back(string now) =>
        Assert.Equal(Utc(now), MaintenanceWindow.NextOpening([Window(Mondays, "09:00", "10:00")], Utc(now), Rome));

    /// <summary>
    /// Every minute between now and the opening is tried, in a zone that changes its clock now and then.
    /// </summary>
    [Fact]
    public void The_next_opening_is_inside_a_window_never_past_and_the_first()
    {
        for (int seed = 1; seed <= 400; seed++)
        {
            Random random = new(seed);
            DateTime now = Utc("2026-03-20T00:00").AddMinutes(random.Next(250 * MaintenanceWindow.DayMinutes));
            DateTime change = now.AddMinutes(random.Next(-1_000, 5_000));
            TimeSpan before = TimeSpan.FromMinutes(15 * random.Next(-48, 49));
            TimeSpan after = before + TimeSpan.FromMinutes(30 * random.Next(-3, 4));
            TimeSpan OffsetOf(DateTime utc) => utc < change ? before : after;
            ImmutableArray<MaintenanceWindow> windows =
                [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Any(random))];
            DateTime opening = MaintenanceWindow.NextOpening(windows, now, OffsetOf);

            Assert.True(opening >= now, $"seed {seed}: {opening:u} is before {now:u}");
            Assert.True(MaintenanceWindow.IsOpen(windows, opening, OffsetOf), $"seed {seed}: shut at {opening:u}");
            Assert.True(opening - now <= TimeSpan.FromDays(15), $"seed {seed}: {opening:u} is far away");
            for (DateTime at = now; at < opening; at = at.AddMinutes(1))
            {
                Assert.False(MaintenanceWindow.IsOpen(windows, at, OffsetOf), $"seed {seed}: open before, at {at:u}");
            }
        }
    }

    private static MaintenanceWindow Any(Random random)
    {
        int from = random.Next(MaintenanceWindow.DayMinutes);
        int to = random.Next(MaintenanceWindow.DayMinutes + 1);
        return new MaintenanceWindow(random.Next(1, MaintenanceWindow.EveryDay + 1), from, to == from ? from + 1 : to);
    }

    private static MaintenanceWindow Window(int days, string from, string to) =>
        new(days, Minute(from), Minute(to));

    private static int Minute(string text) =>
        (int.Parse(text.AsSpan(0, 2), CultureInfo.InvariantCulture) * 60)
        + int.Parse(text.AsSpan(3), CultureInfo.InvariantCulture);

    private static DateTime Utc(string text) => DateTime.Parse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
