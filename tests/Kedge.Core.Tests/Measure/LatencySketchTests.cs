using Kedge.Core.Measure;

namespace Kedge.Core.Tests.Measure;

public sealed class LatencySketchTests
{
    [Fact]
    public void A_quantile_is_within_the_stated_error_of_the_true_one()
    {
        Random random = new(1);
        for (int round = 0; round < 200; round++)
        {
            double[] times =
                [.. Enumerable.Range(0, random.Next(1, 500)).Select(_ => Math.Pow(10, random.NextDouble() * 9))];
            LatencySketch sketch = Of(times);
            Array.Sort(times);
            foreach (double quantile in new[] { 0.01, 0.5, 0.9, 0.99, 1 })
            {
                double exact = times[(int)Math.Ceiling(quantile * times.Length) - 1];
                Assert.InRange(
                    sketch.Quantile(quantile),
                    exact * (1 - LatencySketch.RelativeError) * 0.999999,
                    exact * (1 + LatencySketch.RelativeError) * 1.000001);
            }
        }
    }

    [Fact]
    public void Merged_sketches_are_the_sketch_of_all_in_any_order()
    {
        Random random = new(2);
        double[][] parts = [.. Enumerable.Range(0, 7).Select(
            i => Enumerable.Range(0, i * 20).Select(_ => random.NextDouble() * 1e6).ToArray())];
        LatencySketch whole = Of([.. parts.SelectMany(p => p)]);
        Assert.Equal(whole, LatencySketch.Merge(parts.Select(Of)));
        Assert.Equal(whole, LatencySketch.Merge(parts.Reverse().Select(Of)));
        Assert.Equal(Of(parts[6]), whole.Since(LatencySketch.Merge(parts[..6].Select(Of))));
    }

    [Fact]
    public void Counts_above_an_edge_are_exact()
    {
        LatencySketch sketch = Of([1, 10, 100, 1_000, 1e12]);
        Assert.Equal(5, sketch.Total);
        Assert.Equal(1, sketch.UpTo(0));
        Assert.Equal(3, sketch.UpTo(LatencySketch.BucketOf(100)));
        Assert.Equal(4, sketch.UpTo(LatencySketch.Buckets - 2));
        Assert.Equal(5, sketch.UpTo(LatencySketch.Buckets - 1));
        Assert.Equal(0, LatencySketch.Empty.Quantile(0.5));
    }

    [Fact]
    public void Every_time_lies_at_or_below_the_upper_edge_of_its_bucket_and_above_the_one_before()
    {
        for (double time = 1.001; time < 3.5e9; time *= 1.0137)
        {
            int bucket = LatencySketch.BucketOf(time);
            Assert.InRange(
                time, LatencySketch.UpperEdge(bucket - 1) * 0.9999999, LatencySketch.UpperEdge(bucket) * 1.0000001);
        }

        Assert.True(LatencySketch.UpperEdge(LatencySketch.Buckets - 2) >= 3.6e9);
    }

    [Fact]
    public void The_text_reads_back()
    {
        LatencySketch sketch = Of([3, 3, 700, 1e6]);
        Assert.True(LatencySketch.TryParse(sketch.ToString(), out LatencySketch? read));
        Assert.Equal(sketch, read);
        Assert.True(LatencySketch.TryParse("", out read));
        Assert.Equal(LatencySketch.Empty, read);
        long[] full = [.. Enumerable.Repeat(FigureWindow.RequestsMax / LatencySketch.Buckets, LatencySketch.Buckets)];
        Assert.InRange(LatencySketch.Of(full).ToString().Length, 1, LatencySketch.TextCharsMax);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1:0")]
    [InlineData("1:-1")]
    [InlineData("1:2,1:2")]
    [InlineData("2:2,1:2")]
    [InlineData("564:1")]
    [InlineData("1:1,")]
    [InlineData("1:9223372036854775807")]
    [InlineData("1:281474976710656,2:1")]
    [InlineData(" 1:1")]
    public void Other_texts_are_refused(string text) => Assert.False(LatencySketch.TryParse(text, out _));

    private static LatencySketch Of(double[] times)
    {
        long[] counts = new long[LatencySketch.Buckets];
        foreach (double time in times)
        {
            counts[LatencySketch.BucketOf(time)]++;
        }

        return LatencySketch.Of(counts);
    }
}
