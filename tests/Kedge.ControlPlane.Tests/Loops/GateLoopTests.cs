using Kedge.ControlPlane.Loops;
using Kedge.Core;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;
using Kedge.Wire.Desired;

namespace Kedge.ControlPlane.Tests.Loops;

/// <summary>Rollouts that are judged by figures, through the store.</summary>
public sealed class GateLoopTests : IDisposable
{
    private const string Gated = "{type: Waves, canary: {count: 1}, growth: 100, soak: 0s, "
        + "gates: {window: 60s, latency: [{quantile: p99, maxRatio: 1.5, minRequests: 500}]}}";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1001);
    private readonly RolloutFleet _fleet = new(6);

    public void Dispose() => _fleet.Dispose();

    [Fact]
    public void A_slow_release_is_taken_back_though_every_device_serves_it()
    {
        DeviceId canary = Begin();
        long revision = Revision();
        _fleet.Count(canary, 2000, milliseconds: 40);
        Assert.Equal(revision, Revision());
        _fleet.PlanOnce();
        Assert.Equal((RolloutPhase.Progressing, revision), (_fleet.State.Phase, Revision()));
        _fleet.Wakeups.Plan.Reset();
        _fleet.Time.Advance(Look);
        Assert.True(_fleet.Wakeups.Plan.IsSet, "the timer of the look did not ring");
        _fleet.PlanOnce();
        Assert.Equal(RolloutPhase.RollingBack, _fleet.State.Phase);
        _fleet.Settle();
        Assert.Equal((RolloutPhase.RolledBack, 0), (_fleet.State.Phase, _fleet.Have(2)));
        Assert.Equal(RolloutErrors.GateFailed.Code, _fleet.State.Code);
        Assert.Contains("gate latency p99: at least ", _fleet.State.Reason, StringComparison.Ordinal);
        Assert.Contains($"in 2,000 requests on {canary}", _fleet.State.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wave_waits_for_enough_requests_and_looks_change_nothing_meanwhile()
    {
        DeviceId canary = Begin();
        _fleet.Count(canary, 499, milliseconds: 10);
        _fleet.Settle();
        long revision = Revision();
        for (int look = 0; look < 5; look++)
        {
            _fleet.Wakeups.Plan.Reset();
            _fleet.Time.Advance(Look);
            Assert.True(_fleet.Wakeups.Plan.IsSet, $"look {look}");
            _fleet.PlanOnce();
            Assert.Equal((revision, 1), (Revision(), _fleet.Have(2)));
        }

        _fleet.Count(canary, 500, milliseconds: 10);
        _fleet.Time.Advance(Look);
        _fleet.Settle();
        Assert.Equal((RolloutPhase.Complete, 6), (_fleet.State.Phase, _fleet.Have(2)));
        _fleet.Wakeups.Plan.Reset();
        _fleet.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_fleet.Wakeups.Plan.IsSet, "nothing is on trial any more");
    }

    [Fact]
    public void Figures_are_read_only_while_they_count()
    {
        FleetReader reader = new(_fleet.Store, TenantId.Default, _fleet.Time);
        DeviceId canary = Begin();
        _fleet.Count(canary, 100, milliseconds: 10);
        FleetSnapshot snapshot = RolloutFleet.Done(reader.ReadAsync(default));
        Assert.Equal([100L, 2000L], snapshot.Devices.First(d => d.Id == canary).Figures[RolloutFleet.Web]
            .Select(w => w.Requests).Order());
        _fleet.Count(canary, 200, milliseconds: 10);
        snapshot = RolloutFleet.Done(reader.WithFiguresAsync(snapshot, default));
        Assert.Contains(
            snapshot.Devices.First(d => d.Id == canary).Figures[RolloutFleet.Web], w => w.Requests == 200);
        Assert.True(_fleet.Save(state => RolloutPlanner.Abort(state, "ada", _fleet.NowMs)));
        snapshot = RolloutFleet.Done(reader.ReadAsync(default));
        Assert.All(snapshot.Devices, d => Assert.Empty(d.Figures));
    }

    [Fact]
    public async Task Who_looks_sees_what_the_gates_say_though_no_revision_moved()
    {
        using FleetView view = new(_fleet.Store, TenantId.Default, _fleet.Time);
        DeviceId canary = Begin();
        _fleet.Count(canary, 100, milliseconds: 10);
        Assert.Equal(
            new GateReading("latency p99", GateStanding.Waiting, "100 requests of at least 500"), await GateAsync());
        _fleet.Count(canary, 600, milliseconds: 10);
        Assert.Equal(GateStanding.Waiting, (await GateAsync()).Standing);
        _fleet.Time.Advance(ServerLimits.FiguresAgeMax);
        Assert.Equal(
            new GateReading("latency p99", GateStanding.Passing, "nothing against it in 600 requests"),
            await GateAsync());

        async Task<GateReading> GateAsync()
        {
            FleetSnapshot fleet = await view.ReadAsync(default);
            return Assert.Single(Assert.Single(FleetPlanner.Plan(fleet, DesiredMessage.ReleaseDigest).Rollouts).Gates);
        }
    }

    [Fact]
    public void A_fleet_that_takes_long_to_plan_gets_as_long_a_pause()
    {
        Begin();
        SlowTime slow = new(_fleet.Time, TimeSpan.FromSeconds(8));
        using PlanLoop plan = _fleet.NewLoop(slow);
        RolloutFleet.Run(plan);
        _fleet.Wakeups.Plan.Reset();
        _fleet.Plan.Dispose();
        _fleet.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.False(_fleet.Wakeups.Plan.IsSet, "it looks again before the pause is over");
        _fleet.Time.Advance(Look);
        Assert.True(_fleet.Wakeups.Plan.IsSet);
    }

    /// <summary>
    /// Revision 1 is everywhere and its answers take 10 ms; a canary serves revision 2, of which nothing is known.
    /// </summary>
    private DeviceId Begin()
    {
        _fleet.Apply(1, "{type: All}");
        _fleet.Settle();
        foreach (DeviceId device in _fleet.Devices)
        {
            _fleet.Count(device, 2000, milliseconds: 10);
        }

        _fleet.Apply(2, Gated);
        _fleet.Settle();
        Assert.Equal((RolloutPhase.Progressing, 1), (_fleet.State.Phase, _fleet.Have(2)));
        return _fleet.Devices.Single(d => _fleet.Asked(d)[0].Revision == 2);
    }

    private long Revision() => RolloutFleet.Done(_fleet.Store.RevisionAsync(default));

    /// <summary>A clock by which everything that is measured takes so long.</summary>
    private sealed class SlowTime(TimeProvider time, TimeSpan each) : TimeProvider
    {
        private long _asked;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => ++_asked * each.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
