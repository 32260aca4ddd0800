using System.Globalization;
using System.Text;

namespace Kedge.Core.Measure;

/// <summary>
/// How often requests took how long, in buckets that grow by a constant factor. Problem: figures of many devices are
/// to become one, and a quantile of quantiles is none. Approach: counts in buckets with fixed edges, so that merging is
/// adding and loses nothing, and any quantile is known to within <see cref="RelativeError"/> of its value
/// (Masson, Rim, Lee, "DDSketch", PVLDB 12(12), 2019, §2). Counts above an edge are exact.
/// Immutable; equal when the counts are.
/// </summary>
public sealed class LatencySketch : IEquatable<LatencySketch>
{
    /// <summary>Each bucket's upper edge is so many times the one before it.</summary>
    public const double Growth = 1.04;

    /// <summary>A quantile is at most this far from the true one, as a fraction of it.</summary>
    public const double RelativeError = (Growth - 1) / (Growth + 1);

    /// <summary>
    /// How many buckets there are. The first holds all up to 1 us, the last all above an hour.
    /// </summary>
    public const int Buckets = 564;

    /// <summary>Longest <see cref="ToString"/>, in characters.</summary>
    public const int TextCharsMax = 12 * 1024;

    private static readonly double LogGrowth = Math.Log(Growth);

    // Two plain arrays: on the device a generic collection of pairs would cost more code than all of this.
    private readonly int[] _buckets;
    private readonly long[] _counts;

    private LatencySketch(int[] buckets, long[] counts)
    {
        _buckets = buckets;
        _counts = counts;
        foreach (long count in _counts)
        {
            Total += count;
        }
    }

    /// <summary>No request.</summary>
    public static LatencySketch Empty { get; } = new([], []);

    /// <summary>Requests in all.</summary>
    public long Total { get; }

    /// <summary>The bucket of a time.</summary>
    /// <param name="microseconds">From 0.</param>
    public static int BucketOf(double microseconds) => microseconds <= 1
        ? 0
        : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log(microseconds) / LogGrowth));

    /// <summary>The upper edge of a bucket in microseconds: nothing in it is above, but in the last.</summary>
    public static double UpperEdge(int bucket) => Math.Exp(bucket * LogGrowth);

    /// <summary>Counts by bucket, as a server keeps them; shorter is zero.</summary>
    public static LatencySketch Of(ReadOnlySpan<long> counts)
    {
        Check.That(counts.Length <= Buckets);
        int filled = 0;
        foreach (long count in counts)
        {
            filled += count > 0 ? 1 : 0;
        }

        int[] buckets = new int[filled];
        long[] found = new long[filled];
        int next = 0;
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            if (counts[bucket] > 0)
            {
                buckets[next] = bucket;
                found[next++] = counts[bucket];
            }
        }

        return new LatencySketch(buckets, found);
    }

    /// <summary>All requests of several.</summary>
    public static LatencySketch Merge(IEnumerable<LatencySketch> sketches)
    {
        long[] counts = new long[Buckets];
        foreach (LatencySketch sketch in sketches)
        {
            for (int i = 0; i < sketch._buckets.Length; i++)
            {
                counts[sketch._buckets[i]] += sketch._counts[i];
            }
        }

        return Of(counts);
    }

    /// <summary>What came since an earlier reading of the same counters; what shrank counts as nothing new.</summary>
    public LatencySketch Since(LatencySketch earlier)
    {
        long[] counts = new long[Buckets];
        for (int i = 0; i < _buckets.Length; i++)
        {
            counts[_buckets[i]] = _counts[i];
        }

        for (int i = 0; i < earlier._buckets.Length; i++)
        {
            int bucket = earlier._buckets[i];
            counts[bucket] = Math.Max(0, counts[bucket] - earlier._counts[i]);
        }

        return Of(counts);
    }

    /// <summary>Requests that took no longer than the upper edge of a bucket. Exact.</summary>
    public long UpTo(int bucket)
    {
        long count = 0;
        for (int i = 0; i < _buckets.Length && _buckets[i] <= bucket; i++)
        {
            count += _counts[i];
        }

        return count;
    }

    /// <summary>
    /// The quantile in microseconds, to within <see cref="RelativeError"/>; 0 of nothing.
    /// </summary>
    /// <param name="quantile">Above 0, up to 1.</param>
    public double Quantile(double quantile)
    {
        Check.That(quantile is > 0 and <= 1);
        long rank = (long)Math.Ceiling(quantile * Total);
        long seen = 0;
        for (int i = 0; i < _buckets.Length; i++)
        {
            int bucket = _buckets[i];
            seen += _counts[i];
            if (seen >= rank)
            {
                return bucket == 0 ? 1 : UpperEdge(bucket) * 2 / (1 + Growth);
            }
        }

        return 0;
    }

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(
        string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LatencySketch? sketch)
    {
        sketch = null;
        if (text.Length == 0)
        {
            sketch = Empty;
            return true;
        }

        if (text.Length > TextCharsMax)
        {
            return false;
        }

        long[] counts = new long[Buckets];
        int last = -1;
        long total = 0;
        foreach (string pair in text.Split(','))
        {
            int colon = pair.IndexOf(':');
            if (colon < 1
                || !int.TryParse(pair.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int bucket)
                || !long.TryParse(
                    pair.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count)
                || bucket <= last || bucket >= Buckets || count < 1 || count > FigureWindow.RequestsMax - total)
            {
                return false;
            }

            counts[bucket] = count;
            total += count;
            last = bucket;
        }

        sketch = Of(counts);
        return true;
    }

    /// <summary><c>140:12,141:3</c>: buckets with their counts, ascending.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        for (int i = 0; i < _buckets.Length; i++)
        {
            _ = text.Append(text.Length > 0 ? "," : "").Append(_buckets[i]).Append(':').Append(_counts[i]);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(LatencySketch? other) => other is not null
        && _buckets.AsSpan().SequenceEqual(other._buckets) && _counts.AsSpan().SequenceEqual(other._counts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LatencySketch);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Total, _counts.Length);
}
