using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Placement;
using Kedge.Core.Rollouts;
using Kedge.Core.Tests.Scenarios;
using static Kedge.Tests.Support.Fleets;

namespace Kedge.Core.Tests.Rollouts;

/// <summary>
/// Whatever happens to a fleet, no plan exposes more than its wave allows, and from wherever that leads there is a way
/// to the end: by devices that come back and answer, by time, and by a person where the rollout waits for one. In every
/// other seed the bad revision is not refused by devices: it serves, and its answers are errors.
/// </summary>
public sealed class RolloutPropertyTests
{
    private const int Seeds = 400;
    private const int Steps = 60;
    private static readonly DeploymentId Name = new("bearing");

    [Fact]
    public void A_rollout_is_never_stuck_and_never_exposes_more_than_its_wave()
    {
        Dictionary<string, int> ends = [];
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Random random = new(seed);
            FleetSnapshot fleet = Start(random);
            int bad = 1 + random.Next(4); // One of the revisions is refused wherever it comes.
            for (int step = 0; step < Steps; step++)
            {
                fleet = Settled(Happens(fleet, random, bad, seed), seed);
            }

            string end = End(fleet, bad, seed);
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }

        // The seeds reach what they are meant for.
        Assert.InRange(ends.GetValueOrDefault(RolloutErrors.DevicesFailed.Code), 10, Seeds);
        Assert.InRange(ends.GetValueOrDefault(RolloutErrors.GateFailed.Code), 10, Seeds);
    }

    private static string End(FleetSnapshot fleet, int bad, int seed)
    {
        for (int round = 0; round < 200; round++)
        {
            RolloutState state = fleet.Deployments[0].Rollout!; // Planned before.
            if (state.Phase is RolloutPhase.Complete or RolloutPhase.RolledBack)
            {
                bool isStaged = fleet.Deployments[0].Spec.Strategy.Kind == StrategyKind.Waves
                    && state.Stable?.Revision != state.Target;
                string ended = Version(fleet.Deployments[0].Spec) != bad || !isStaged ? ""
                    : seed % 2 == 0 ? RolloutErrors.GateFailed.Code
                    : RolloutErrors.DevicesFailed.Code;
                Assert.True(
                    state.Code == ended || state.Code == RolloutErrors.AbortedByPerson.Code,
                    string.Create(CultureInfo.InvariantCulture, $"seed {seed}: bad is v{bad}, {state}"));
                return state.Code;
            }

            fleet = fleet with
            {
                NowMs = fleet.NowMs + 3_600_000,
                Devices = [.. fleet.Devices.Select(
                    d => Answers(d with { Online = true, Facts = Facts() }, bad, fleet.NowMs, seed))],
            };
            fleet = Keep(fleet, RolloutPlanner.Resume(state, fleet.NowMs) ?? state);
            fleet = Settled(fleet, seed);
        }

        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture, $"seed {seed} is stuck at {fleet.Deployments[0].Rollout}"));
    }

    private static FleetSnapshot Start(Random random) => Snapshot(
        Enumerable.Range(0, random.Next(1, 12)).Select(i => ADevice($"d{i}", ("store", $"s{random.Next(3)}"))),
        [new DeploymentSnapshot(Spec(random, 1) with { Strategy = new StrategySpec() }, 1, false)],
        "m:v1", "m:v2", "m:v3", "m:v4") with
    {
        NowMs = 1_000,
    };

    private static DeploymentSpec Spec(Random random, int version) =>
        Deployment("bearing", string.Create(CultureInfo.InvariantCulture, $"m:v{version}")) with
        {
            Resources = new ResourceSpec { MemoryRequestBytes = 64L * Limits.MiB },
            Strategy = random.Next(5) == 0
                ? new StrategySpec()
                : new StrategySpec
                {
                    Kind = StrategyKind.Waves,
                    Canary = random.Next(2) == 0 ? null : new CanarySpec(
                        random.Next(2) == 0 ? null : new DeviceAmount(random.Next(1, 100), IsPercent: true),
                        new LabelSelector()),
                    Waves = random.Next(2) == 0 ? [] : [new DeviceAmount(random.Next(1, 9), IsPercent: false)],
                    Soak = TimeSpan.FromSeconds(random.Next(3) * 60),
                    MaxUnavailable = random.Next(2) == 0 ? null : new DeviceAmount(random.Next(1, 4), IsPercent: false),
                    Deadline = TimeSpan.FromHours(random.Next(3) * 12),
                    Gates = new GatesSpec { Errors = new ErrorGate(100_000, null, 20) },
                },
        };

    private static FleetSnapshot Happens(FleetSnapshot fleet, Random random, int bad, int seed)
    {
        RolloutState? state = fleet.Deployments[0].Rollout;
        int index = random.Next(fleet.Devices.Length);
        DeviceSnapshot device = fleet.Devices[index];
        FleetSnapshot With(DeviceSnapshot changed) => fleet with { Devices = fleet.Devices.SetItem(index, changed) };
        switch (random.Next(12))
        {
            case 0:
                long revision = fleet.Deployments[0].Revision + 1;
                return fleet with
                {
                    Deployments =
                    [
                        new DeploymentSnapshot(Spec(random, random.Next(1, 5)), revision, false) { Rollout = state },
                    ],
                };
            case 1:
                return With(device with { Online = !device.Online });
            case 2:
                return With(device with { Facts = random.Next(2) == 0 ? Facts(memoryMiB: 1) : Facts() });
            case 3 when state is not null:
                RolloutState? asked = random.Next(4) switch
                {
                    0 => RolloutPlanner.Pause(state, "ada", fleet.NowMs),
                    1 => RolloutPlanner.Resume(state, fleet.NowMs),
                    2 => RolloutPlanner.Promote(state, fleet.NowMs),
                    _ => random.Next(4) == 0 ? RolloutPlanner.Abort(state, "ada", fleet.NowMs) : null,
                };
                return Keep(fleet, asked ?? state);
            case 4 or 5:
                return fleet with { NowMs = fleet.NowMs + (random.Next(1, 600) * 1_000) };
            default:
                return With(device.Online ? Answers(device, bad, fleet.NowMs, seed) : device);
        }
    }

    /// <summary>
    /// The device does what it is asked, or gives it up when it is the bad version; in even seeds the bad one serves.
    /// </summary>
    private static DeviceSnapshot Answers(DeviceSnapshot device, int bad, long nowMs, int seed)
    {
        if (device.Desired.IsEmpty)
        {
            return device with { Reported = device.Reported.Remove(Name) };
        }

        long asked = device.Desired[0].Revision;
        bool isBad = device.Desired[0].Models[0].PackageLabel == string.Create(
            CultureInfo.InvariantCulture, $"m:v{bad}");
        bool isRefused = isBad && seed % 2 == 1;
        if (!isRefused)
        {
            device = StoryFigures.Answer(device, Name, isBad ? ["50", "errors=50"] : ["50"], nowMs);
        }

        long serving = device.Reported.GetValueOrDefault(Name)?.ServingRevision ?? 0;
        return device with
        {
            Reported = device.Reported.SetItem(
                Name,
                new WorkloadReport(
                    asked, isRefused ? serving : asked, isRefused, isRefused ? "KEDGE-X-1 refused" : "")),
        };
    }

    private static FleetSnapshot Settled(FleetSnapshot fleet, int seed)
    {
        for (int step = 0; step < 40; step++)
        {
            FleetPlan plan = FleetPlanner.Plan(fleet, ReleaseDigest);
            Assert.Empty(RolloutCheck.Findings(fleet, plan));
            bool isMoving = plan.Changes.Length > 0 || plan.Rollouts[0].State != fleet.Deployments[0].Rollout;
            fleet = Keep(After(fleet, plan), plan.Rollouts[0].State);
            if (!isMoving)
            {
                Assert.All(plan.Reports.Values, (PlacementReport r) =>
                    Assert.Equal(fleet.Devices.Length, r.Verdicts.Count));
                return fleet;
            }
        }

        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture, $"seed {seed} never settles: {fleet.Deployments[0].Rollout}"));
    }

    private static FleetSnapshot Keep(FleetSnapshot fleet, RolloutState state) =>
        fleet with { Deployments = [fleet.Deployments[0] with { Rollout = state }] };

    private static int Version(DeploymentSpec spec) => spec.Models[0].Package[^1] - '0';
}
