using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>Makes a strategy of a Deployment that was checked, and a manifest of a strategy.</summary>
internal static class StrategyBinding
{
    public static StrategySpec Bind(ManifestFields strategy)
    {
        if (strategy.Text("type") != "Waves")
        {
            return new StrategySpec
            {
                Kind = StrategyKind.All,
                Shadow = ShadowBinding.Bind(strategy.At("shadow")),
                Windows = WindowBinding.Bind(strategy),
                Standby = Time(strategy.Text("standby")),
                Swap = SwapRules.Read(strategy.Text("swap")),
                BandwidthBytes = strategy.Bytes("limits", "bandwidth"),
            };
        }

        StrategySpec byDefault = new();
        return new StrategySpec
        {
            Kind = StrategyKind.Waves,
            Canary = strategy.At("canary") is { IsThere: true } canary
                ? new CanarySpec(
                    Amount(canary.Text("count")) ?? Amount(canary.Text("percent")),
                    DeploymentBinding.Selector(canary.At("selector")))
                : null,
            Waves = [.. strategy.Items("waves").Select(wave => Amount(wave.Text())).OfType<DeviceAmount>()],
            Growth = strategy.At("growth").IsThere ? (int)strategy.Number("growth") : byDefault.Growth,
            Soak = Time(strategy.Text("soak")) ?? byDefault.Soak,
            MaxUnavailable = Amount(strategy.Text("maxUnavailable")),
            Budgets =
            [
                .. strategy.Items("budgets").Select(
                    budget => new BudgetSpec(budget.Text("label"), (int)budget.Number("minServing"))),
            ],
            MaxFailures = (int)strategy.Number("maxFailures"),
            Deadline = Time(strategy.Text("deadline")) ?? TimeSpan.Zero,
            Gates = GateBinding.Bind(strategy.At("gates")),
            Shadow = ShadowBinding.Bind(strategy.At("shadow")),
            Windows = WindowBinding.Bind(strategy),
            Standby = Time(strategy.Text("standby")),
            Swap = SwapRules.Read(strategy.Text("swap")),
            BandwidthBytes = strategy.Bytes("limits", "bandwidth"),
        };
    }

    /// <summary>Null without a limit.</summary>
    internal static ManifestNode? WriteLimits(StrategySpec strategy) => strategy.BandwidthBytes == 0
        ? null
        : ManifestWriter.Map(("bandwidth", ManifestWriter.Bytes(strategy.BandwidthBytes)));

    internal static DeviceAmount? Amount(string text) => DeviceAmount.TryParse(text, out DeviceAmount? amount)
        ? amount
        : null;

    private static TimeSpan? Time(string text) => Lifetime.TryParse(text, out TimeSpan span) ? span : null;
}
