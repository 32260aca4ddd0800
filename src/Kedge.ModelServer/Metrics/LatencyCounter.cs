using Kedge.Core.Measure;

namespace Kedge.ModelServer.Metrics;

/// <summary>
/// How long the requests of this process took that were answered well, on every socket, since its start. Only ever
/// added to, by any thread, without a lock or an allocation; read while it is added to.
/// </summary>
internal sealed class LatencyCounter
{
    private readonly long[] _counts = new long[LatencySketch.Buckets];

    /// <summary>Counts one request.</summary>
    /// <param name="microseconds">From the whole request to the whole answer, from 0.</param>
    internal void Count(double microseconds) =>
        Interlocked.Increment(ref _counts[LatencySketch.BucketOf(microseconds)]);

    /// <summary>What was counted so far.</summary>
    internal LatencySketch Read()
    {
        long[] counts = new long[LatencySketch.Buckets];
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            counts[bucket] = Interlocked.Read(ref _counts[bucket]);
        }

        return LatencySketch.Of(counts);
    }
}
