using System.Collections.Immutable;

namespace Kedge.Inference.Statistics;

/// <summary>
/// What one version of a model did since it was loaded, as Triton's statistics extension tells it. A plain snapshot:
/// its fields were read one after the other while requests went on, so sums may be off by those in between.
/// </summary>
public sealed record ModelStatistics
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the model.</summary>
    public required string Version { get; init; }

    /// <summary>When the last request was answered, in milliseconds since 1970 UTC; 0 for never.</summary>
    public long LastInferenceMs { get; init; }

    /// <summary>
    /// Inferences: each row of a batched model is one, each request of any other; without cached ones.
    /// </summary>
    public long InferenceCount { get; init; }

    /// <summary>Times that the runtime was called.</summary>
    public long ExecutionCount { get; init; }

    /// <summary>Requests answered with a result, from the whole request to the whole answer.</summary>
    public DurationCount Success { get; init; }

    /// <summary>Requests answered with an error.</summary>
    public DurationCount Fail { get; init; }

    /// <summary>Time that requests waited to be computed.</summary>
    public DurationCount Queue { get; init; }

    /// <summary>Time of reading requests and laying their inputs together.</summary>
    public DurationCount ComputeInput { get; init; }

    /// <summary>Time of the runtime; each request of a batch counts the whole run.</summary>
    public DurationCount ComputeInfer { get; init; }

    /// <summary>Time of taking outputs apart and writing answers.</summary>
    public DurationCount ComputeOutput { get; init; }

    /// <summary>Requests answered from the cache, and the time to find and copy the answer.</summary>
    public DurationCount CacheHit { get; init; }

    /// <summary>Requests that the cache did not know, and the time to look and to keep the answer.</summary>
    public DurationCount CacheMiss { get; init; }

    /// <summary>Runs by size, ascending; only sizes that occurred.</summary>
    public ImmutableArray<BatchStatistics> Batches { get; init; } = [];
}
