using Kedge.Core.Deployments;
using Kedge.Core.Device;

namespace Kedge.Core.Tests.Device;

/// <summary>How fast a device may fetch, by its own local time.</summary>
public sealed class BandwidthRuleTests
{
    private static readonly DateTime Monday = new(2026, 6, 1, 0, 0, 0, DateTimeKind.Unspecified);

    private static readonly BandwidthRule Rule = new(
        100_000,
        [
            new BandwidthWindow(new MaintenanceWindow(MaintenanceWindow.EveryDay, 22 * 60, 6 * 60), 0),
            new BandwidthWindow(new MaintenanceWindow(1 << 1, 8 * 60, 18 * 60), 20_000),
            new BandwidthWindow(new MaintenanceWindow(MaintenanceWindow.EveryDay, 12 * 60, 13 * 60), 50_000),
        ]);

    [Theory]
    [InlineData(3, 0, "the night has none")]
    [InlineData(7, 100_000, "outside all windows the default")]
    [InlineData(9, 20_000, "a Monday in office hours")]
    [InlineData(12, 20_000, "of two windows the smaller")]
    [InlineData(20, 100_000, "the evening")]
    [InlineData(23, 0, "the next night")]
    [InlineData(24 + 9, 100_000, "a Tuesday in office hours")]
    [InlineData(24 + 12, 50_000, "a Tuesday at noon")]
    public void The_window_that_is_open_counts_and_of_several_the_smallest(int hour, long limit, string why) =>
        Assert.True(Rule.At(Monday.AddHours(hour)) == limit, why);

    [Fact]
    public void No_limit_is_more_than_any()
    {
        Assert.Equal(5, BandwidthRule.Least(0, 5));
        Assert.Equal(5, BandwidthRule.Least(5, 0));
        Assert.Equal(4, BandwidthRule.Least(5, 4));
        Assert.Equal(0, BandwidthRule.Least(0, 0));
        Assert.Equal(0, BandwidthRule.None.At(Monday));
    }
}
