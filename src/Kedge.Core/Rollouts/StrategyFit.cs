using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;

namespace Kedge.Core.Rollouts;

/// <summary>
/// Holds a strategy of waves against the devices that match now, when it is applied: what could never be carried out is
/// refused while the person who wrote it is still there. Where no device matches yet there is nothing to hold it
/// against; a fleet that changes later is shown as what the rollout waits for.
/// </summary>
public static class StrategyFit
{
    /// <summary>What the devices cannot keep; empty when all is well.</summary>
    /// <param name="spec">The deployment.</param>
    /// <param name="matching">Labels of each device that its selector matches.</param>
    /// <param name="line">Where the deployment stands in the manifest, from 1; 0 for nowhere.</param>
    public static ImmutableArray<Finding> Findings(
        DeploymentSpec spec, IReadOnlyList<ImmutableSortedDictionary<string, string>> matching, int line)
    {
        StrategySpec strategy = spec.Strategy;
        if (strategy.Kind != StrategyKind.Waves || matching.Count == 0)
        {
            return [];
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        void Add(string field, string message) =>
            findings.Add(RolloutErrors.StrategyUnfit.At($"{spec.Id}: {message}", $"spec.strategy.{field}", line));
        Canary(strategy, matching, Add);
        for (int index = 0; index < strategy.Waves.Length; index++)
        {
            DeviceAmount wave = strategy.Waves[index];
            if (!wave.IsPercent && wave.Value > matching.Count)
            {
                Add(
                    string.Create(CultureInfo.InvariantCulture, $"waves[{index}]"),
                    $"a wave of {wave} devices, and {Matching(matching.Count)}");
            }
        }

        for (int index = 0; index < strategy.Budgets.Length; index++)
        {
            Budget(
                strategy.Budgets[index],
                matching, string.Create(CultureInfo.InvariantCulture, $"budgets[{index}]"), Add);
        }

        return findings.ToImmutable();
    }

    private static void Canary(
        StrategySpec strategy, IReadOnlyList<ImmutableSortedDictionary<string, string>> matching,
        Action<string, string> add)
    {
        if (strategy.Canary is not { } canary)
        {
            return;
        }

        int may = matching.Count(labels => canary.Selector.FirstMismatch(labels) is null);
        if (may == 0)
        {
            add("canary.selector", $"no canary has these labels, and {Matching(matching.Count)}");
        }
        else if (canary.Size is { IsPercent: false } size && size.Value > may)
        {
            add("canary.count", $"{size.Value} canaries, and {Matching(may)}");
        }
    }

    /// <summary>A group that is no larger than what it keeps can spare nobody, ever.</summary>
    private static void Budget(
        BudgetSpec budget, IReadOnlyList<ImmutableSortedDictionary<string, string>> matching, string field,
        Action<string, string> add)
    {
        IGrouping<string, ImmutableSortedDictionary<string, string>>[] stuck =
        [
            .. matching.Where(labels => labels.ContainsKey(budget.Label))
                .GroupBy(labels => labels[budget.Label], StringComparer.Ordinal)
                .Where(group => group.Count() <= budget.MinServing)
                .OrderBy(group => group.Key, StringComparer.Ordinal),
        ];
        if (stuck.Length > 0)
        {
            string more = stuck.Length > 1
                ? string.Create(CultureInfo.InvariantCulture, $" (and {stuck.Length - 1} more like it)")
                : "";
            add(field, string.Create(
                CultureInfo.InvariantCulture,
                $"{budget.Label}={stuck[0].Key} has {stuck[0].Count()} devices{more}, and {budget.MinServing} of them "
                + $"are to keep serving: none could ever change"));
        }
    }

    private static string Matching(int count) => string.Create(
        CultureInfo.InvariantCulture, $"{count} device{(count == 1 ? " matches" : "s match")}");
}
