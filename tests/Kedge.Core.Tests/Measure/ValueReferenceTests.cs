using System.Collections.Immutable;
using Kedge.Core.Measure;

namespace Kedge.Core.Tests.Measure;

public sealed class ValueReferenceTests
{
    [Fact]
    public void A_reference_reads_as_it_was_written()
    {
        ValueReference[] made = [Ramp(true, "x"), Ramp(false, "model/out put,1")];
        string text = ValueReference.Format(made);
        Assert.True(ValueReference.TryParse(text, out ImmutableArray<ValueReference> read));
        Assert.Equal(text, ValueReference.Format(read));
        Assert.Equal([(true, "x", 100L), (false, "model/out put,1", 100L)],
            read.Select(static t => (t.IsInput, t.Name, t.Samples)));
        Assert.InRange(text.Length, 1, ValueReference.CharsMax / ValueReference.TensorsMax * 2);
    }

    [Fact]
    public void Each_bin_holds_about_as_much_and_what_was_never_seen_has_bins_of_its_own()
    {
        ValueReference ramp = Ramp(true, "x");
        Assert.Equal([0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0, 0], ramp.Counts.ToArray());
        Assert.Equal(0, ramp.BinOf(-1));
        Assert.Equal(0, ramp.BinOf(double.NegativeInfinity));
        Assert.Equal(1, ramp.BinOf(0));
        Assert.Equal(10, ramp.BinOf(99));
        Assert.Equal(11, ramp.BinOf(101));
        Assert.Equal(11, ramp.BinOf(double.PositiveInfinity));
        Assert.Equal(12, ramp.BinOf(double.NaN));
    }

    [Fact]
    public void The_last_digits_of_a_computation_change_no_bin()
    {
        // Classes and a saturated score: whole masses on one value, computed a little differently elsewhere.
        double[] masses = [0, 0.731058578, 1, 3];
        ValueReference reference = ValueReference.Of(
            false, "y", [.. Enumerable.Range(0, 400).Select(i => (double[])[masses[i % 4] * (1 + (i % 7 * 1e-7))])])!;
        Assert.Equal([0, 100, 100, 100, 100, 0, 0], reference.Counts.ToArray());
        Assert.All(masses, m => Assert.Equal(reference.BinOf(m), reference.BinOf(m * (1 + 1e-6))));
        Assert.All(masses, m => Assert.Equal(reference.BinOf(m), reference.BinOf(m * (1 - 1e-6))));
    }

    [Fact]
    public void One_value_alone_and_values_that_are_no_numbers_are_taken()
    {
        ValueReference one = ValueReference.Of(true, "x", [.. Enumerable.Repeat((double[])[5], 30)])!;
        Assert.Equal([0, 30, 0, 0], one.Counts.ToArray());
        double[] values = [1, double.NaN, double.PositiveInfinity, double.MaxValue];
        ValueReference odd = ValueReference.Of(true, "x", [.. Enumerable.Repeat(values, 30)])!;
        Assert.Equal(120, odd.Counts.ToArray().Sum());
        Assert.True(ValueReference.TryParse(ValueReference.Format([odd]), out _));
        Assert.Null(ValueReference.Of(true, "x", [.. Enumerable.Repeat((double[])[double.NaN], 30)]));
        Assert.Null(ValueReference.Of(true, "x", [.. Enumerable.Repeat((double[])[1], ValueReference.SamplesMin - 1)]));
    }

    [Theory]
    [InlineData("x 100 0,1 0,5,0,0 name")]
    [InlineData("i 19 0,1 0,5,0,0 name")]
    [InlineData("i 100 0 0,5,0 name")]
    [InlineData("i 100 0,0 0,5,0,0 name")]
    [InlineData("i 100 1,0 0,5,0,0 name")]
    [InlineData("i 100 0,NaN 0,5,0,0 name")]
    [InlineData("i 100 0,1 0,5,0 name")]
    [InlineData("i 100 0,1 0,0,0,0 name")]
    [InlineData("i 100 0,1 0,-5,0,0 name")]
    [InlineData("i 100 0,1 0,5,0,0 ")]
    [InlineData("i 100 0,1 0,5,0,0")]
    [InlineData("i 100 0,1 0,5,0,0 name\n")]
    [InlineData("i 100 0,1 0,5,0,0 name\ni 100 0,1 0,5,0,0 name")]
    public void Anything_else_is_not_read(string text) => Assert.False(ValueReference.TryParse(text, out _));

    [Fact]
    public void Nothing_that_comes_from_outside_breaks_the_reader()
    {
        string good = ValueReference.Format([Ramp(true, "x"), Ramp(false, "y")]);
        Rng rng = new(11);
        for (int i = 0; i < 20_000; i++)
        {
            char[] text = good.ToCharArray();
            for (int change = rng.Below(3); change >= 0; change--)
            {
                text[rng.Below(text.Length)] = "0123456789,:; \nio.-eEN\u00e9"[rng.Below(23)];
            }

            if (ValueReference.TryParse(new string(text), out ImmutableArray<ValueReference> read))
            {
                Assert.All(read, static t => Assert.InRange(t.BinOf(1e300), 1, t.Counts.Length - 2));
            }
        }
    }

    private static ValueReference Ramp(bool isInput, string name) =>
        ValueReference.Of(isInput, name, [.. Enumerable.Range(0, 100).Select(static i => (double[])[i])])!;
}
