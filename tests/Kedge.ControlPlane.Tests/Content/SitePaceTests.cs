using Kedge.Agent;
using Kedge.ControlPlane.Content.Pace;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Sites;
using Kedge.Tests.Support.Devices;

namespace Kedge.ControlPlane.Tests.Content;

/// <summary>The line of a site in time that a test moves.</summary>
public sealed class SitePaceTests
{
    private const int Piece = PaceRates.PieceBytesMin;
    private static readonly DeviceId A = new("a");
    private static readonly DeviceId B = new("b");
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_piece_goes_exactly_when_the_one_before_it_is_paid_off()
    {
        using SitePace pace = new(Site(64 * Limits.KiB), _time);
        Assert.Equal(Piece, await pace.TakeAsync(A, 1_000_000, default));
        Task<int> second = pace.TakeAsync(A, 1_000_000, default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Piece, await second);
        Task<int> small = pace.TakeAsync(B, 100, default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(100, await small);
        Assert.Equal((2 * Piece) + 100, pace.Report.Bytes);
        Assert.Equal(0.5, pace.Report.Waited.TotalSeconds);
        Assert.Null(_time.NextTimer);
    }

    [Fact]
    public async Task A_window_that_opens_wakes_who_waits()
    {
        _time.WallStart = new(2026, 11, 27, 20, 59, 59, 500, TimeSpan.Zero); // 21:59:59.5 at the site.
        MaintenanceWindow night = new(MaintenanceWindow.EveryDay, 22 * 60, 6 * 60);
        using SitePace pace = new(
            new SiteSpec
            {
                Name = "lyon",
                Bandwidth = new SiteBandwidth(new BandwidthRule(Piece, [new(night, 0)]), 0, "+01:00"),
            },
            _time);
        Assert.Equal(Piece, await pace.TakeAsync(A, 1_000_000, default));
        Task<int> next = pace.TakeAsync(A, 1_000_000, default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1_000_000, await next);
    }

    [Fact]
    public async Task Another_spec_and_its_end_count_at_once()
    {
        using ContentPace pace = new(_time);
        PaceTurn? unpaced = pace.Enter("lyon", A, default);
        Assert.NotNull(unpaced);
        Assert.Equal(1_000_000, await unpaced.TakeAsync(1_000_000));
        pace.Set([Site(Limits.FetchBytesPerSecondMin)]);
        Assert.Equal(Piece, await unpaced.TakeAsync(1_000_000));
        Task<int> waits = unpaced.TakeAsync(1_000_000).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(waits.IsCompleted);
        pace.Set([Site(Limits.FetchBytesPerSecondMax)]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(PaceRates.PieceBytesMax, await waits);
        pace.Set([Site(Limits.FetchBytesPerSecondMin)]);
        waits = unpaced.TakeAsync(1_000_000).AsTask();
        Assert.False(waits.IsCompleted);
        pace.Set([]);
        Assert.Equal(1_000_000, await waits);
        Assert.Null(pace.Of("lyon"));
    }

    [Fact]
    public async Task Who_hangs_up_leaves_the_line()
    {
        using SitePace pace = new(Site(Piece), _time);
        await pace.TakeAsync(A, Piece, default);
        using CancellationTokenSource hangUp = new();
        Task<int> gone = pace.TakeAsync(A, Piece, hangUp.Token).AsTask();
        Task<int> next = pace.TakeAsync(B, Piece, default).AsTask();
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Piece, await next);
    }

    [Fact]
    public void No_more_devices_are_let_in_than_come_to_their_turn_in_time()
    {
        using ContentPace pace = new(_time);
        pace.Set([Site(Limits.FetchBytesPerSecondMin)]);
        List<PaceTurn> turns = [];
        for (int index = 0; index < 10; index++)
        {
            for (int answer = 0; answer < ServerLimits.PaceAnswersMax; answer++)
            {
                turns.Add(Assert.IsType<PaceTurn>(pace.Enter("lyon", new DeviceId($"d{index}"), default)));
            }
        }

        Assert.Null(pace.Enter("lyon", new DeviceId("late"), default));
        Assert.Null(pace.Enter("lyon", new DeviceId("d1"), default));
        Assert.NotNull(pace.Enter("turin", new DeviceId("late"), default));
        turns.ForEach(static turn => turn.Dispose());
        Assert.NotNull(pace.Enter("lyon", new DeviceId("late"), default));
    }

    [Fact]
    public void Pacing_never_lets_a_device_give_up_waiting_for_a_byte()
    {
        // Each answer waits for the devices before it, as often as its device has answers, and for its own device.
        double piece = (double)PaceRates.PieceBytesMin / Limits.FetchBytesPerSecondMin;
        double line = SitePace.DevicesMax(Limits.FetchBytesPerSecondMin) * ServerLimits.PaceAnswersMax * piece;
        double device = ServerLimits.PaceAnswersMax * piece;
        Assert.True(line <= ServerLimits.PaceWaitMax.TotalSeconds);
        Assert.True(line + device < AgentLimits.FetchTimeout.TotalSeconds * 0.8);
    }

    private static SiteSpec Site(long limit) => new()
    {
        Name = "lyon",
        Bandwidth = new SiteBandwidth(new BandwidthRule(limit, []), 0, SiteBandwidth.Utc),
    };
}
