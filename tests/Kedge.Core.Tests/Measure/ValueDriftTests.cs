using Kedge.Core.Measure;
using Xunit.Abstractions;

namespace Kedge.Core.Tests.Measure;

public sealed class ValueDriftTests(ITestOutputHelper output)
{
    private const double Alpha = 0.001;

    [Theory]
    [InlineData(1, 0.05, 3.841458820694124)]
    [InlineData(9, 0.001, 27.877164871256575)]
    [InlineData(12, 0.5, 11.340322375420367)]
    [InlineData(3, 1e-9, 44.8412753305624)]
    public void The_chi_square_is_that_of_the_tables(int degrees, double alpha, double expected) =>
        Assert.InRange(ChiSquare.Upper(degrees, alpha) / expected, 1 - 1e-6, 1 + 1e-6);

    [Fact]
    public void What_is_spread_as_the_reference_has_an_index_near_0()
    {
        Rng rng = new(7);
        ValueReference reference = Normal(rng, 1_000, 1, 0);
        double index = ValueDrift.Index(reference, Seen(reference, rng, 5_000, 1, 0, 1));
        Assert.InRange(index, 0, 0.05);
        Assert.Equal(0, ValueDrift.AtLeast(reference, Seen(reference, rng, 5_000, 1, 0, 1), Alpha, 1));
    }

    [Fact]
    public void A_shift_by_one_deviation_has_the_index_of_the_two_distributions()
    {
        // Of two normal distributions one deviation apart Jeffreys' divergence is 1; ten bins lose a little.
        Rng rng = new(7);
        ValueReference reference = Normal(rng, 2_000, 1, 0);
        ValueCounts seen = Seen(reference, rng, 20_000, 1, 1, 1);
        Assert.InRange(ValueDrift.Index(reference, seen), 0.85, 1.15);
        Assert.InRange(ValueDrift.AtLeast(reference, seen, Alpha, 1), 0.25, 1);
    }

    [Theory]
    [InlineData(20, 1, 0)]
    [InlineData(20, 4, 0.8)]
    [InlineData(60, 1, 0)]
    [InlineData(500, 1, 0)]
    [InlineData(500, 4, 1)]
    public void Without_drift_hardly_anything_is_ever_beyond_doubt(int samples, int values, double alike)
    {
        int seeds = Environment.GetEnvironmentVariable("KEDGE_FAST") == "1" ? 100 : 400;
        int alarms = 0;
        Parallel.For(1, seeds + 1, seed =>
        {
            Rng rng = new((ulong)seed);
            ValueReference reference = Normal(rng, samples, values, alike);
            ValueTally seen = ValueTally.Empty;
            bool isAlarm = false;
            for (int look = 0; look < 40 && !isAlarm; look++)
            {
                ValueCounts more = Seen(reference, rng, 20 + (look * 5), values, 0, alike);
                seen = ValueTally.Merge([seen, ValueTally.Of([more])]);
                isAlarm = ValueDrift.AtLeast(reference, seen.Tensors[0], Alpha, 1) > 0;
            }

            _ = isAlarm ? Interlocked.Increment(ref alarms) : 0;
        });
        output.WriteLine($"{alarms} of {seeds} seeds");
        Assert.InRange(alarms, 0, (seeds * Alpha) + (4 * Math.Sqrt(seeds * Alpha)));
    }

    private static ValueReference Normal(Rng rng, int samples, int values, double alike) =>
        ValueReference.Of(true, "x", [.. Enumerable.Range(0, samples).Select(_ => Sample(rng, values, 0, alike))])!;

    private static ValueCounts Seen(
        ValueReference reference, Rng rng, int samples, int values, double shift, double alike)
    {
        long[] bins = new long[reference.Counts.Length];
        for (int i = 0; i < samples; i++)
        {
            foreach (double value in Sample(rng, values, shift, alike))
            {
                bins[reference.BinOf(value)]++;
            }
        }

        return new ValueCounts(samples, bins);
    }

    /// <summary>Values of one request, of which a part is the same in all of them.</summary>
    private static double[] Sample(Rng rng, int values, double shift, double alike)
    {
        double common = Gauss(rng);
        return
        [
            .. Enumerable.Range(0, values).Select(
                _ => shift + (values == 1 ? common : (alike * common) + (Math.Sqrt(1 - (alike * alike)) * Gauss(rng)))),
        ];
    }

    /// <summary>Box and Muller, 1958.</summary>
    private static double Gauss(Rng rng) =>
        Math.Sqrt(-2 * Math.Log(1 - rng.Fraction())) * Math.Cos(2 * Math.PI * rng.Fraction());
}
