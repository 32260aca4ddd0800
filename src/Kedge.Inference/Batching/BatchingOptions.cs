using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Batching;

/// <summary>
/// How requests of one model wait and what is computed together. By default nothing is computed together, and 128
/// requests may wait. What may be left out has a setter, as everywhere in the configuration.
/// </summary>
public sealed record BatchingOptions
{
    /// <summary>
    /// Rows of the first axis computed in one run, 1..<see cref="BatchLimits.RowsMax"/>; 1 computes every request by
    /// itself, of any shape.
    /// </summary>
    public int MaxSize { get; set; } = 1;

    /// <summary>Sizes, in rows, that are computed as soon as they are reached; ascending, 2..MaxSize.</summary>
    public ImmutableArray<int> Preferred { get; set; } = [];

    /// <summary>Longest time that a request waits for others to join it, in microseconds.</summary>
    public long MaxDelayUs { get; set; }

    /// <summary>
    /// True waits only where the next request is expected soon enough and saves more than the wait costs, and computes
    /// together only where that saves anything; false always waits for <see cref="MaxDelayUs"/>.
    /// </summary>
    public bool IsAdaptive { get; set; } = true;

    /// <summary>Requests that may wait, of all levels together; one more is refused.</summary>
    public int QueueMax { get; set; } = BatchLimits.QueueDefault;

    /// <summary>How long a request may wait before it is refused, in microseconds; 0 for ever.</summary>
    public long TimeoutUs { get; set; }

    /// <summary>Levels of priority: the first is level 1, computed before all others. None is one level.</summary>
    public ImmutableArray<PriorityOptions> Priorities { get; set; } = [];

    /// <summary>Level of a request that names none, 1..levels; 0 for the last.</summary>
    public int DefaultPriority { get; set; }

    /// <summary>True where requests may be computed together.</summary>
    internal bool IsBatching => MaxSize > 1;

    /// <summary>Number of levels, 1 or more.</summary>
    internal int Levels => Priorities.IsDefaultOrEmpty ? 1 : Priorities.Length;

    internal void Verify(string field, ImmutableArray<Finding>.Builder found)
    {
        void Require(bool holds, string message, string name)
        {
            if (!holds)
            {
                found.Add(ServeErrors.ConfigInvalid.At(message, $"{field}.{name}"));
            }
        }

        Require(MaxSize is >= 1 and <= BatchLimits.RowsMax, "must be 1..1024.", "maxSize");
        Require(MaxDelayUs is >= 0 and <= BatchLimits.DelayUsMax, "must be 0..10000000.", "maxDelayUs");
        Require(QueueMax is >= 1 and <= BatchLimits.QueueMax, "must be 1..65536.", "queueMax");
        Require(TimeoutUs is >= 0 and <= BatchLimits.TimeoutUsMax, "must be 0..3600000000.", "timeoutUs");
        Require(IsAscending(), "must be at most 16 ascending sizes of 2..maxSize.", "preferred");
        Require(Levels <= BatchLimits.PrioritiesMax, "must have at most 16 levels.", "priorities");
        Require(DefaultPriority >= 0 && DefaultPriority <= Levels, "must name a level, or be 0.", "defaultPriority");
        for (int i = 0; i < Priorities.Length && i < BatchLimits.PrioritiesMax; i++)
        {
            Priorities[i].Verify($"{field}.priorities[{i}]", found);
        }
    }

    private bool IsAscending()
    {
        int last = 1;
        foreach (int size in Preferred)
        {
            if (size <= last || size > MaxSize)
            {
                return false;
            }

            last = size;
        }

        return Preferred.Length <= BatchLimits.PreferredMax;
    }
}
