using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Batching;

/// <summary>
/// How one model shares the process with others. What may be left out has a setter, as everywhere in the configuration.
/// </summary>
public sealed record SchedulingOptions
{
    /// <summary>Runs of the model at once, 1..256; 0 for one per processor that the process may use.</summary>
    public int Instances { get; set; }

    /// <summary>
    /// Share of the processors against other models when all are busy, 1..1000: of two models, one with 2 and one with
    /// 1, the first computes twice as long.
    /// </summary>
    public int Weight { get; set; } = 1;

    /// <summary>What waits, and what is computed together.</summary>
    public BatchingOptions Batching { get; set; } = new();

    /// <summary>Bytes of answers that are kept to be given again; 0 keeps none.</summary>
    public long CacheBytes { get; set; }

    /// <summary>Adds what is wrong.</summary>
    /// <param name="field">Path of this record in the configuration: <c>models[0].scheduling</c>.</param>
    /// <param name="found">Takes the findings.</param>
    public void Verify(string field, ImmutableArray<Finding>.Builder found)
    {
        if (Instances is < 0 or > BatchLimits.InstancesMax)
        {
            found.Add(ServeErrors.ConfigInvalid.At("must be 0..256.", $"{field}.instances"));
        }

        if (Weight is < 1 or > BatchLimits.WeightMax)
        {
            found.Add(ServeErrors.ConfigInvalid.At("must be 1..1000.", $"{field}.weight"));
        }

        if (CacheBytes is < 0 or > BatchLimits.CacheBytesMax)
        {
            found.Add(ServeErrors.ConfigInvalid.At("must be 0..1099511627776.", $"{field}.cacheBytes"));
        }

        if (Batching is null)
        {
            found.Add(ServeErrors.ConfigInvalid.At("must not be null.", $"{field}.batching"));
            return;
        }

        Batching.Verify($"{field}.batching", found);
    }
}
