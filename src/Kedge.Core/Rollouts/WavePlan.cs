using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Rollouts;

/// <summary>The waves of a strategy over a population: how many devices may have the target after each.</summary>
internal static class WavePlan
{
    /// <summary>
    /// Limits that grow strictly and end in the whole population; one for each wave. Empty for nobody.
    /// </summary>
    /// <param name="strategy">What the user wrote.</param>
    /// <param name="population">Devices that are meant, from 0.</param>
    /// <param name="canaries">How many of them the canary's selector matches.</param>
    public static ImmutableArray<int> Limits(StrategySpec strategy, int population, int canaries)
    {
        ImmutableArray<int>.Builder limits = ImmutableArray.CreateBuilder<int>();
        void Add(long limit)
        {
            int bounded = (int)Math.Min(limit, population);
            if (bounded > (limits.Count == 0 ? 0 : limits[^1]))
            {
                limits.Add(bounded);
            }
        }

        Add(Math.Max(1, CanarySize(strategy.Canary, population, canaries)));
        if (strategy.Waves.IsEmpty)
        {
            for (long limit = limits.Count == 0 ? 1 : limits[0]; limit < population;)
            {
                limit *= Math.Max(2, strategy.Growth);
                Add(limit);
            }
        }
        else
        {
            foreach (DeviceAmount wave in strategy.Waves)
            {
                Add(wave.Of(population));
            }
        }

        Add(population);
        return limits.ToImmutable();
    }

    private static int CanarySize(CanarySpec? canary, int population, int canaries) =>
        canary is null ? 1 : Math.Min(canary.Size?.Of(population) ?? canaries, canaries);

    /// <summary>True when a device may be a canary.</summary>
    public static bool IsCanary(StrategySpec strategy, RolloutMember member) =>
        strategy.Canary is null || strategy.Canary.Selector.FirstMismatch(member.Labels) is null;

    /// <summary>
    /// Where a device stands in the order of a rollout: mixed, so that a wave meets all sites and kinds of hardware;
    /// another order for each revision, so that it is not always the same device that goes first (FNV-1a, 64 bits).
    /// </summary>
    public static ulong Order(DeviceId device, long revision)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in string.Create(CultureInfo.InvariantCulture, $"{revision}/{device}"))
        {
            hash = (hash ^ c) * 1099511628211;
        }

        // The last characters alone would leave the high bits alike.
        hash ^= hash >> 32;
        return hash * 0x9E3779B97F4A7C15;
    }
}
