using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;
using Kedge.Core.Rollouts;
using static Kedge.Tests.Support.Fleets;

namespace Kedge.Core.Tests.Rollouts;

public sealed class StrategyFitTests
{
    private static readonly ImmutableSortedDictionary<string, string>[] Stores =
    [
        Labels(("store", "lyon"), ("stage", "trial")),
        Labels(("store", "lyon")),
        Labels(("store", "lyon")),
        Labels(("store", "turin")),
        Labels(("store", "turin")),
    ];

    [Fact]
    public void What_the_devices_can_keep_is_taken()
    {
        Assert.Empty(Findings(new StrategySpec { Kind = StrategyKind.Waves }));
        Assert.Empty(Findings(new StrategySpec
        {
            Kind = StrategyKind.Waves,
            Canary = new CanarySpec(new DeviceAmount(1, false), Selector("stage", "trial")),
            Waves = [new DeviceAmount(5, false), new DeviceAmount(100, true)],
            Budgets = [new BudgetSpec("store", 1), new BudgetSpec("floor", 7)],
        }));
    }

    [Fact]
    public void Everything_that_they_cannot_is_said_at_once_and_where()
    {
        ImmutableArray<Finding> found = Findings(new StrategySpec
        {
            Kind = StrategyKind.Waves,
            Canary = new CanarySpec(new DeviceAmount(2, false), Selector("stage", "trial")),
            Waves = [new DeviceAmount(4, false), new DeviceAmount(6, false)],
            Budgets = [new BudgetSpec("store", 2)],
        });
        Assert.Equal(
            [
                "bearing: 2 canaries, and 1 device matches",
                "bearing: a wave of 6 devices, and 5 devices match",
                "bearing: store=turin has 2 devices, and 2 of them are to keep serving: none could ever change",
            ],
            found.Select(f => f.Message));
        Assert.Equal(
            ["spec.strategy.canary.count", "spec.strategy.waves[1]", "spec.strategy.budgets[0]"],
            found.Select(f => f.Field));
        Assert.All(found, f => Assert.Equal((RolloutErrors.StrategyUnfit.Code, 7), (f.Code, f.Line)));
    }

    [Fact]
    public void A_canary_that_nobody_can_be_is_refused() => Assert.Equal(
        "bearing: no canary has these labels, and 5 devices match",
        Assert.Single(Findings(new StrategySpec
        {
            Kind = StrategyKind.Waves,
            Canary = new CanarySpec(null, Selector("stage", "never")),
        })).Message);

    [Fact]
    public void Without_waves_or_without_a_device_there_is_nothing_to_hold_against()
    {
        StrategySpec impossible = new()
        {
            Kind = StrategyKind.Waves,
            Canary = new CanarySpec(new DeviceAmount(9, false), new LabelSelector()),
        };
        Assert.Empty(StrategyFit.Findings(Spec(impossible), [], 1));
        Assert.Empty(Findings(impossible with { Kind = StrategyKind.All }));
        Assert.Empty(Findings(
            impossible with { Canary = new CanarySpec(new DeviceAmount(99, true), new LabelSelector()) }));
    }

    private static ImmutableArray<Finding> Findings(StrategySpec strategy) =>
        StrategyFit.Findings(Spec(strategy), Stores, 7);

    private static DeploymentSpec Spec(StrategySpec strategy) =>
        Deployment("bearing", "bearing:v1") with { Strategy = strategy };

    private static LabelSelector Selector(string key, string value) =>
        new() { MatchLabels = LabelRules.None.Add(key, value) };

    private static ImmutableSortedDictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        LabelRules.None.AddRange(labels.Select(l => KeyValuePair.Create(l.Key, l.Value)));
}
