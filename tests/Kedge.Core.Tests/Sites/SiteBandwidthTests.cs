using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Sites;

namespace Kedge.Core.Tests.Sites;

public class SiteBandwidthTests
{
    private const int Weekdays = 0b0111110;

    private static readonly SiteBandwidth Lyon = new(
        new BandwidthRule(
            2 * Limits.MiB,
            [new(new MaintenanceWindow(Weekdays, 22 * 60, 6 * 60), 20 * Limits.MiB)]),
        0,
        "+01:00");

    [Theory]
    [InlineData("2026-11-27T20:59:59", 2)] // Friday, 21:59:59 at the site.
    [InlineData("2026-11-27T21:00:00", 20)]
    [InlineData("2026-11-28T04:59:59", 20)] // The night of Friday ends on Saturday.
    [InlineData("2026-11-28T05:00:00", 2)]
    [InlineData("2026-11-28T21:00:00", 2)] // Saturday has no night.
    [InlineData("2026-11-29T22:59:59", 2)]
    [InlineData("2026-11-29T23:00:00", 2)] // Monday begins at the site; its night has not.
    [InlineData("2026-11-30T21:00:00", 20)]
    public void A_window_goes_by_the_day_and_the_clock_of_the_site(string utc, int mebibytes) => Assert.Equal(
        mebibytes * Limits.MiB,
        Lyon.LimitAt(DateTime.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromHours(1)));

    [Fact]
    public void The_smallest_limit_of_the_week_is_known()
    {
        Assert.Equal(2 * Limits.MiB, Lyon.Least);
        Assert.Equal(0, SiteBandwidth.None.Least);
        MaintenanceWindow day = new(MaintenanceWindow.EveryDay, 8 * 60, 18 * 60);
        Assert.Equal(64 * Limits.KiB, new SiteBandwidth(
            new BandwidthRule(0, [new(day, 64 * Limits.KiB), new(day, 0)]), 0, SiteBandwidth.Utc).Least);
    }

    [Theory]
    [InlineData("UTC", 0)]
    [InlineData("+01:00", 60)]
    [InlineData("-03:30", -210)]
    [InlineData("+14:00", 840)]
    public void A_distance_from_utc_is_read(string text, int minutes)
    {
        Assert.True(ZoneText.TryOffset(text, out TimeSpan offset));
        Assert.Equal(minutes, offset.TotalMinutes);
    }

    [Theory]
    [InlineData("+14:01")]
    [InlineData("01:00")]
    [InlineData("+1:00")]
    [InlineData("+01:60")]
    [InlineData("../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("Europe//Paris")]
    [InlineData("")]
    public void What_is_no_zone_is_none(string text)
    {
        Assert.False(ZoneText.TryOffset(text, out _));
        Assert.False(ZoneText.IsName(text));
    }

    [Fact]
    public void Pieces_grow_with_the_limit_within_bounds()
    {
        Assert.Equal(16 * Limits.KiB, new PaceRates(Limits.FetchBytesPerSecondMin, 0).PieceBytes);
        Assert.Equal(16 * Limits.KiB, new PaceRates(Limits.FetchBytesPerSecondMax, 20 * Limits.KiB).PieceBytes);
        Assert.Equal(64 * Limits.KiB, new PaceRates(4 * Limits.MiB, 0).PieceBytes);
        Assert.Equal(256 * Limits.KiB, new PaceRates(Limits.FetchBytesPerSecondMax, 0).PieceBytes);
    }
}
