namespace Kedge.Inference.Batching;

/// <summary>Every limit of queues, batches and caches of answers, with unit and reason.</summary>
public static class BatchLimits
{
    /// <summary>Runs of one model at once: no device of ours has more processors.</summary>
    public const int InstancesMax = 256;

    /// <summary>Rows of a batch: beyond, no runtime here is faster by the row.</summary>
    public const int RowsMax = 1024;

    /// <summary>Preferred sizes of one model: as many as a person can reason about.</summary>
    public const int PreferredMax = 16;

    /// <summary>Levels of priority of one model; every one is looked at when a batch is made.</summary>
    public const int PrioritiesMax = 16;

    /// <summary>Requests of one model that may wait: each holds on to its tensors.</summary>
    public const int QueueMax = 65_536;

    /// <summary>Requests of one model that may wait where nothing is said.</summary>
    public const int QueueDefault = 128;

    /// <summary>Longest time that a batch waits for more, in microseconds: whoever waits longer is no client.</summary>
    public const long DelayUsMax = 10_000_000;

    /// <summary>Longest time that a request may wait in a queue, in microseconds.</summary>
    public const long TimeoutUsMax = 3_600_000_000;

    /// <summary>Share of one model against the others of its process.</summary>
    public const int WeightMax = 1000;

    /// <summary>Bytes of one model's cache: what no process of ours may have anyway.</summary>
    public const long CacheBytesMax = 1L << 40;

    /// <summary>
    /// Memory of one cached answer beside its tensors, in bytes: the objects, their place in the table.
    /// </summary>
    public const int CacheEntryBytes = 256;

    /// <summary>An answer is kept only where so many of its size fit: one must not push out all others.</summary>
    public const int CacheEntriesMin = 4;

    /// <summary>Shortest advice when to come again: <c>Retry-After</c> counts whole seconds.</summary>
    public static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest advice when to come again: by then somebody should have looked.</summary>
    public static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(60);
}
