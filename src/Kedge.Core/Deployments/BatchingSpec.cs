using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>What of one model waits, and what is computed together.</summary>
public sealed record BatchingSpec : IEquatable<BatchingSpec>
{
    /// <summary>Most rows in one run.</summary>
    public const int RowsMax = 1024;

    /// <summary>Most sizes that are preferred.</summary>
    public const int PreferredMax = 16;

    /// <summary>Most requests that may wait.</summary>
    public const int QueueMaxMax = 65_536;

    /// <summary>Requests that may wait where nothing is said.</summary>
    public const int QueueDefault = 128;

    /// <summary>Most levels of priority.</summary>
    public const int PrioritiesMax = 16;

    /// <summary>Longest delay, in microseconds.</summary>
    public const long DelayUsMax = 10_000_000;

    /// <summary>Longest time in a queue, in microseconds.</summary>
    public const long TimeoutUsMax = 3_600_000_000;

    /// <summary>Rows of the first axis in one run, 1..<see cref="RowsMax"/>; 1 computes every request alone.</summary>
    public int MaxSize { get; init; } = 1;

    /// <summary>Sizes that are computed as soon as they are reached, ascending, 2..MaxSize.</summary>
    public ImmutableArray<int> Preferred { get; init; } = [];

    /// <summary>Longest time that a request waits for others, in microseconds.</summary>
    public long MaxDelayUs { get; init; }

    /// <summary>True waits only where it pays.</summary>
    public bool IsAdaptive { get; init; } = true;

    /// <summary>Requests that may wait, 1..<see cref="QueueMaxMax"/>.</summary>
    public int QueueMax { get; init; } = QueueDefault;

    /// <summary>How long a request may wait, in microseconds; 0 for ever.</summary>
    public long TimeoutUs { get; init; }

    /// <summary>
    /// Levels of priority, 0..<see cref="PrioritiesMax"/>: the first is level 1, computed before all others. None is
    /// one level.
    /// </summary>
    public ImmutableArray<PrioritySpec> Priorities { get; init; } = [];

    /// <summary>Level of a request that names none, 1..levels; 0 for the last.</summary>
    public int DefaultPriority { get; init; }

    /// <summary>Equal in every figure.</summary>
    public bool Equals(BatchingSpec? other) => other is not null
        && MaxSize == other.MaxSize
        && Preferred.SequenceEqual(other.Preferred)
        && MaxDelayUs == other.MaxDelayUs
        && IsAdaptive == other.IsAdaptive
        && QueueMax == other.QueueMax
        && TimeoutUs == other.TimeoutUs
        && DefaultPriority == other.DefaultPriority
        && Priorities.SequenceEqual(other.Priorities);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MaxSize, Preferred.Length, MaxDelayUs, QueueMax, TimeoutUs);
}
