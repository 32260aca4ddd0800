using Kedge.Inference.Statistics;

namespace Kedge.ModelServer.Metrics;

/// <summary>How often and how long; added to by any thread, without a lock. A field, never copied.</summary>
internal struct DurationCounter
{
    private long _count;
    private long _nanoseconds;

    internal void Add(long nanoseconds)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _nanoseconds, nanoseconds);
    }

    internal DurationCount Read() => new(Interlocked.Read(ref _count), Interlocked.Read(ref _nanoseconds));
}
