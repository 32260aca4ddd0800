using System.Collections.Immutable;
using System.Globalization;
using Kedge.Bench.Common;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using Kedge.Tests.Support;
using Kedge.Wire.Desired;

namespace Kedge.Bench.Rollout;

/// <summary>How long one plan of a fleet takes in the middle of a rollout, and how that grows.</summary>
internal static class PlanFigures
{
    private static readonly DeploymentId Name = new("bearing");

    public static void Measure(BenchReport report, bool isQuick)
    {
        foreach ((int devices, string name) in new[] { (1_000, "1k"), (10_000, "10k"), (100_000, "100k") })
        {
            FleetSnapshot fleet = HalfWay(devices);
            List<double> seconds = [];
            for (int round = 0; round < (isQuick ? 2 : 5); round++)
            {
                long start = TimeProvider.System.GetTimestamp();
                FleetPlan plan = FleetPlanner.Plan(fleet, DesiredMessage.ReleaseDigest);
                seconds.Add(TimeProvider.System.GetElapsedTime(start).TotalSeconds);
                Check.That(plan.Rollouts[0].Exposes.Count == devices / 10);
            }

            report.Add($"rollout.plan.{name}", "s", Series.Median(seconds));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{devices} devices: {Series.Median(seconds):0.000} s"));
        }

        report.Note(
            "rollout.plan: one deployment, a tenth of the devices serves the new revision, a tenth is given it in this "
            + "plan; from the snapshot in memory to the plan, without the store");
    }

    /// <summary>Everybody serves revision 1; a tenth serves revision 2, whose second wave of a fifth begins.</summary>
    private static FleetSnapshot HalfWay(int devices)
    {
        DeploymentSpec old = Spec("bearing:v1", []);
        DeploymentSpec next = Spec(
            "bearing:v2", [new DeviceAmount(20, IsPercent: true), new DeviceAmount(50, IsPercent: true)]);
        FleetSnapshot fleet = Fleets.Snapshot(
            Enumerable.Range(0, devices).Select(i => Fleets.ADevice(
                string.Create(CultureInfo.InvariantCulture, $"device-{i:000000}"),
                ("site", string.Create(CultureInfo.InvariantCulture, $"site-{i % 200}"))) with
            { Online = true }),
            [new DeploymentSnapshot(old, 1, false)],
            "bearing:v1", "bearing:v2") with
        {
            NowMs = 1_000_000,
        };
        fleet = Serving(Executed(fleet));
        fleet = fleet with
        {
            Deployments =
            [
                new DeploymentSnapshot(next, 2, false) { Rollout = fleet.Deployments[0].Rollout },
            ],
        };
        fleet = Serving(Executed(fleet));
        RolloutState state = fleet.Deployments[0].Rollout! with { Wave = 1 }; // Executed planned it.
        return fleet with { Deployments = [fleet.Deployments[0] with { Rollout = state }] };
    }

    private static FleetSnapshot Executed(FleetSnapshot fleet)
    {
        FleetPlan plan = FleetPlanner.Plan(fleet, DesiredMessage.ReleaseDigest);
        FleetSnapshot after = Fleets.After(fleet, plan);
        return after with { Deployments = [after.Deployments[0] with { Rollout = plan.Rollouts[0].State }] };
    }

    private static FleetSnapshot Serving(FleetSnapshot fleet) => fleet with
    {
        Devices =
        [
            .. fleet.Devices.Select(d => d with
            {
                Reported = ImmutableSortedDictionary<DeploymentId, WorkloadReport>.Empty.Add(
                    Name, new WorkloadReport(d.Desired[0].Revision, d.Desired[0].Revision, false, "")),
            }),
        ],
    };

    private static DeploymentSpec Spec(string package, ImmutableArray<DeviceAmount> waves) =>
        Fleets.Deployment("bearing", package) with
        {
            Strategy = new StrategySpec
            {
                Kind = waves.IsEmpty ? StrategyKind.All : StrategyKind.Waves,
                Canary = new CanarySpec(new DeviceAmount(10, IsPercent: true), new LabelSelector()),
                Waves = waves,
                Soak = TimeSpan.Zero,
                Budgets = [new BudgetSpec("site", 1)],
            },
        };
}
