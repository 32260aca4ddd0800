using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Core.Placement;
using Kedge.Core.Rollouts;
using Kedge.Tests.Support;
using static Kedge.Tests.Support.Fleets;

namespace Kedge.Core.Tests.Rollouts;

public sealed class FleetPlannerTests
{
    [Fact]
    public void Only_devices_that_the_selector_matches_get_the_workload()
    {
        DeploymentSpec spec = Deployment("bearing", "bearing:v1") with { Selector = Select(("line", "press")) };
        FleetPlan plan = Plan(Snapshot(
            [ADevice("a", ("line", "press")), ADevice("b", ("line", "paint"))], [new(spec, 1, false)], "bearing:v1"));
        DeviceChange change = Assert.Single(plan.Changes);
        Assert.Equal(new DeviceId("a"), change.Device);
        Assert.Equal(new Generation(1), change.Generation);
        Assert.Equal(
            new PlacementVerdict.NotMatched("label line is paint, press is asked"),
            plan.Reports[spec.Id].Verdicts[new DeviceId("b")]);
    }

    [Fact]
    public void A_device_that_cannot_take_the_new_revision_keeps_the_old_one()
    {
        DeploymentSpec v1 = Deployment("bearing", "bearing:v1");
        FleetSnapshot fleet = Snapshot([ADevice("a")], [new(v1, 1, false)], "bearing:v1", "bearing:v2");
        fleet = After(fleet, Plan(fleet));
        DeploymentSpec v2 = Deployment("bearing", "bearing:v2") with
        {
            Resources = new ResourceSpec { MemoryRequestBytes = 8L * 1024 * Limits.MiB },
        };
        FleetPlan plan = Plan(fleet with { Deployments = [new(v2, 2, false)] });
        Assert.Empty(plan.Changes);
        var refused = Assert.IsType<PlacementVerdict.Refused>(plan.Reports[v2.Id].Verdicts[new DeviceId("a")]);
        Assert.True(refused.KeepsOld);
        Assert.Equal(PlacementErrors.NotEnoughMemory.Code, Assert.Single(refused.Findings).Code);
    }

    [Fact]
    public void What_is_taken_back_is_stopped_where_no_variant_of_the_stable_revision_fits()
    {
        DeploymentSpec stable = Deployment("bearing", "bearing:v1");
        DeploymentSpec target = Deployment("bearing", "bearing:v2");
        DeviceFacts both = Facts() with { Runtimes = [.. Facts().Runtimes, new RuntimeFacts(ModelFormat.TfLite, "2")] };
        FleetSnapshot fleet = Snapshot(
            [ADevice("a") with { Facts = both }, ADevice("b")], [new(target, 2, false)], "bearing:v2");
        fleet = fleet with
        {
            Packages = new Dictionary<Digest, PackageManifest>(fleet.Packages)
            {
                [PackageDigest("bearing:v1")] =
                    Package("bearing", Variant("lite") with { Format = ModelFormat.TfLite }),
            },
        };
        fleet = After(fleet, Plan(fleet));
        Assert.All(fleet.Devices, static device => Assert.Equal(2, Assert.Single(device.Desired).Revision));
        fleet = fleet with
        {
            Deployments =
            [
                new(target with { Strategy = new StrategySpec { Kind = StrategyKind.Waves } }, 2, false)
                {
                    Rollout = new RolloutState
                    {
                        Target = 2,
                        Stable = new StableRevision(1, stable),
                        Phase = RolloutPhase.RollingBack,
                        StartedAtMs = 1,
                        ChangedAtMs = 1,
                    },
                },
            ],
        };
        FleetPlan back = Plan(fleet);
        fleet = After(fleet, back);
        Assert.Equal(1, Assert.Single(fleet.Devices[0].Desired).Revision);
        Assert.Empty(fleet.Devices[1].Desired);
        var refused = Assert.IsType<PlacementVerdict.Refused>(back.Reports[target.Id].Verdicts[new DeviceId("b")]);
        Assert.False(refused.KeepsOld);
        FleetPlan after = Plan(fleet);
        Assert.Empty(after.Changes);
        Assert.Equal(RolloutPhase.RolledBack, after.Rollouts[0].State.Phase);
    }

    [Fact]
    public void Who_has_a_port_keeps_it()
    {
        FleetSnapshot fleet = Snapshot([ADevice("a")], [new(Deployment("zebra", "m:v1"), 1, false)], "m:v1");
        fleet = After(fleet, Plan(fleet));
        fleet = fleet with
        {
            Deployments = [new(Deployment("ant", "m:v1"), 1, false), new(Deployment("zebra", "m:v1"), 1, false)],
        };
        FleetPlan plan = Plan(fleet);
        Assert.Empty(plan.Changes);
        var refused = Assert.IsType<PlacementVerdict.Refused>(
            plan.Reports[new DeploymentId("ant")].Verdicts[new DeviceId("a")]);
        Assert.Equal(PlacementErrors.PortTaken.Code, Assert.Single(refused.Findings).Code);
    }

    [Fact]
    public void After_a_restore_the_next_generation_is_above_what_the_device_holds()
    {
        FleetSnapshot fleet = Snapshot([ADevice("a")], [new(Deployment("bearing", "m:v1"), 1, false)], "m:v1");
        fleet = After(fleet, Plan(fleet));
        fleet = fleet with { Devices = [fleet.Devices[0] with { Floor = new Generation(41) }] };
        Assert.Equal(new Generation(42), Assert.Single(Plan(fleet).Changes).Generation);
    }

    [Fact]
    public void Replaced_hardware_gets_its_state_signed_anew()
    {
        FleetSnapshot fleet = Snapshot([ADevice("a")], [new(Deployment("bearing", "m:v1"), 1, false)], "m:v1");
        fleet = After(fleet, Plan(fleet));
        Digest newKey = PackageDigest("new key");
        fleet = fleet with { Devices = [fleet.Devices[0] with { Key = newKey }] };
        Assert.Equal(newKey, Assert.Single(Plan(fleet).Changes).DeviceKey);
    }

    [Fact]
    public void A_cordoned_device_keeps_what_it_runs_and_takes_its_updates_but_nothing_new()
    {
        FleetSnapshot fleet = Snapshot(
            [ADevice("a"), ADevice("b") with { Cordoned = true }],
            [new(Deployment("bearing", "m:v1"), 1, false)], "m:v1");
        FleetPlan plan = Plan(fleet);
        Assert.Equal(new DeviceId("a"), Assert.Single(plan.Changes).Device);
        fleet = After(fleet, plan) with { Deployments = [new(Deployment("bearing", "m:v1", 8600), 2, false)] };
        fleet = fleet with { Devices = [fleet.Devices[0] with { Cordoned = true }, fleet.Devices[1]] };
        Assert.Equal(new DeviceId("a"), Assert.Single(Plan(fleet).Changes).Device);
    }

    [Fact]
    public void The_first_accelerator_of_the_list_that_a_device_has_decides_the_variant()
    {
        DeploymentSpec spec = Deployment("cam", "cam:v1") with
        {
            Accelerators = [AcceleratorKind.Gpu, AcceleratorKind.Npu, AcceleratorKind.Cpu],
        };
        DeviceSnapshot npu = ADevice("n") with
        {
            Facts = Facts() with { Accelerators = [new AcceleratorFacts(AcceleratorKind.Npu, "", "x", "", 0)] },
        };
        FleetSnapshot fleet = Snapshot([npu, ADevice("c")], [new(spec, 1, false)]) with
        {
            Packages = new Dictionary<Digest, PackageManifest>
            {
                [PackageDigest("cam:v1")] = Package(
                    "cam", Variant("cpu"), Variant("npu", AcceleratorKind.Npu), Variant("gpu", AcceleratorKind.Gpu)),
            },
        };
        FleetPlan plan = Plan(fleet);
        Assert.Equal("cpu", plan.Changes[0].Workloads[0].Models[0].Variant);
        Assert.Equal("npu", plan.Changes[1].Workloads[0].Models[0].Variant);
    }

    [Fact]
    public void Any_fleet_gets_a_sound_plan_that_is_stable_once_executed()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            FleetSnapshot fleet = RandomFleet(new Random(seed));
            for (int round = 0; round < 3; round++)
            {
                FleetPlan plan = Plan(fleet);
                foreach (DeviceChange change in plan.Changes)
                {
                    Assert.True(change.Generation.CompareTo(change.Parent) > 0);
                    Assert.Empty(DesiredStateCheck.Findings(State(change), fleet.Packages, ReleaseDigest));
                }

                Assert.All(plan.Reports.Values, r => Assert.Equal(fleet.Devices.Length, r.Verdicts.Count));
                fleet = After(fleet, plan);
                Assert.Empty(Plan(fleet).Changes);
                fleet = Disturb(fleet, new Random((seed * 31) + round));
            }
        }
    }

    [Fact]
    public void The_second_opinion_finds_what_a_planner_must_never_do()
    {
        WorkloadSpec good = Specs.Workload("a", "v1");
        DesiredState state = Specs.Desired(1, good, Specs.Workload("b", "v1"));
        ImmutableArray<Errors.Finding> findings = DesiredStateCheck.Findings(
            state with { DeviceKey = default }, new Dictionary<Digest, PackageManifest>(), _ => default);
        Assert.Contains(findings, f => f.Message.Contains("port 8500 is given to a, b", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("no device key", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("the digest of a is wrong", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("has none of that name", StringComparison.Ordinal));
    }

    private static FleetPlan Plan(FleetSnapshot fleet) => FleetPlanner.Plan(fleet, ReleaseDigest);

    private static LabelSelector Select(params (string Key, string Value)[] labels) => new()
    {
        MatchLabels = labels.ToImmutableSortedDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal),
    };

    private static DesiredState State(DeviceChange change) => new()
    {
        Tenant = TenantId.Default,
        Device = change.Device,
        DeviceKey = change.DeviceKey,
        Generation = change.Generation,
        IssuedAtMs = 1,
        Workloads = change.Workloads,
    };

    private static FleetSnapshot RandomFleet(Random random)
    {
        IEnumerable<DeviceSnapshot> devices = Enumerable.Range(0, random.Next(1, 8)).Select(i =>
            ADevice($"d{i}", ("line", "l" + random.Next(3))) with
            {
                Facts = random.Next(6) == 0 ? null : Facts(random.Next(64, 2048), random.Next(1, 5)),
                Cordoned = random.Next(6) == 0,
                Revoked = random.Next(9) == 0,
            });
        FleetSnapshot fleet = Snapshot(devices.ToArray(), [], "m:v1", "m:v2");
        return Disturb(fleet, random);
    }

    private static FleetSnapshot Disturb(FleetSnapshot fleet, Random random) => fleet with
    {
        Deployments =
        [
            .. Enumerable.Range(0, random.Next(5)).Select(i => new DeploymentSnapshot(
                Deployment($"w{i}", "m:v" + random.Next(1, 4), 8500 + random.Next(4)) with
                {
                    Selector = random.Next(2) == 0 ? new LabelSelector() : Select(("line", "l" + random.Next(3))),
                    Resources = new ResourceSpec { MemoryRequestBytes = random.Next(0, 600) * (long)Limits.MiB },
                    CpuSet = random.Next(4) == 0 ? "0-1" : "auto",
                },
                random.Next(1, 4),
                random.Next(7) == 0)),
        ],
    };
}
