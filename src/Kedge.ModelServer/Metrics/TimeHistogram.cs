namespace Kedge.ModelServer.Metrics;

/// <summary>Times by bucket; added to by any thread, without a lock or an allocation.</summary>
/// <param name="boundsNs">Upper bounds of the buckets in nanoseconds, ascending.</param>
internal sealed class TimeHistogram(long[] boundsNs)
{
    private readonly long[] _counts = new long[boundsNs.Length + 1];
    private long _sumNs;

    /// <summary>Sum of all times, in nanoseconds.</summary>
    internal long SumNs => Interlocked.Read(ref _sumNs);

    internal void Add(long nanoseconds)
    {
        int bucket = 0;
        while (bucket < boundsNs.Length && nanoseconds > boundsNs[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumNs, nanoseconds);
    }

    /// <summary>Counts of each bucket alone, with one more for what is above all bounds.</summary>
    internal long[] Read()
    {
        long[] counts = new long[_counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Read(ref _counts[i]);
        }

        return counts;
    }
}
