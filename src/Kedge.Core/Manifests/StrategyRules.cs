using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>What fields of a strategy may not say together.</summary>
internal static class StrategyRules
{
    private static readonly string[] OfWaves =
        ["canary", "waves", "growth", "soak", "maxUnavailable", "budgets", "maxFailures", "deadline", "gates"];

    public static void Check(ManifestFields strategy, FindingList findings)
    {
        if (!strategy.IsThere)
        {
            return;
        }

        WindowBinding.Check(strategy, findings);
        if (strategy.At("shadow").IsThere && strategy.Text("swap") == "cold")
        {
            Add(findings, strategy, "shadow", "with swap: cold nothing serves that a release could be compared with");
        }

        if (strategy.Text("type") != "Waves")
        {
            foreach (string field in OfWaves.Where(field => strategy.At(field).IsThere))
            {
                Add(findings, strategy, field, $"{field} belongs to type: Waves");
            }

            return;
        }

        ManifestFields canary = strategy.At("canary");
        if (canary.At("count").IsThere && canary.At("percent").IsThere)
        {
            Add(findings, canary, "percent", "give count or percent, not both", "canary.");
        }
        else if (canary.At("percent") is { IsThere: true } percent && !percent.Text().EndsWith('%'))
        {
            Add(findings, canary, "percent", "a share ends in %, as 5%", "canary.");
        }

        if (strategy.At("waves").IsThere && strategy.At("growth").IsThere)
        {
            Add(findings, strategy, "growth", "give waves or growth, not both");
        }

        CheckWaves(strategy, findings);
        CheckBudgets(strategy, findings);
        GateRules.Check(strategy.At("gates"), findings);
    }

    /// <summary>Waves grow: where two can be compared, the later one is larger; the canary is below them all.</summary>
    private static void CheckWaves(ManifestFields strategy, FindingList findings)
    {
        DeviceAmount? before = StrategyBinding.Amount(strategy.Text("canary", "count"))
            ?? StrategyBinding.Amount(strategy.Text("canary", "percent"));
        string what = "the canary";
        int index = 0;
        foreach (ManifestFields item in strategy.Items("waves"))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"spec.strategy.waves[{index++}]");
            DeviceAmount? wave = StrategyBinding.Amount(item.Text());
            if (wave is null)
            {
                continue;
            }

            if (before is not null && before.IsPercent == wave.IsPercent && wave.Value <= before.Value)
            {
                findings.Add(
                    SpecErrors.Strategy, $"a wave of {wave} adds nobody to {what} of {before}", path, item.Line);
            }

            before = wave;
            what = "the wave before it";
        }
    }

    private static void CheckBudgets(ManifestFields strategy, FindingList findings)
    {
        HashSet<string> labels = new(StringComparer.Ordinal);
        int index = 0;
        foreach (ManifestFields budget in strategy.Items("budgets"))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"spec.strategy.budgets[{index++}].label");
            string label = budget.Text("label");
            if (label.Length > 0 && !labels.Add(label))
            {
                findings.Add(
                    SpecErrors.DuplicateValue, $"two budgets are for the label {ScalarWords.Shown(label)}", path,
                    budget.At("label").Line);
            }
        }
    }

    private static void Add(
        FindingList findings, ManifestFields of, string field, string message, string below = "") =>
        findings.Add(SpecErrors.Strategy, message, $"spec.strategy.{below}{field}", of.At(field).Line);
}
