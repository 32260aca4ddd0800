using Kedge.Core.Measure;

namespace Kedge.Core.Tests.Measure;

public sealed class ValueTallyTests
{
    [Fact]
    public void Merging_is_adding_in_any_order()
    {
        Rng rng = new(3);
        ValueTally[] parts = [.. Enumerable.Range(0, 20).Select(_ => Drawn(rng))];
        ValueTally all = ValueTally.Merge(parts);
        Assert.Equal(all.Text, ValueTally.Merge(parts.Reverse()).Text);
        Assert.Equal(all.Text, ValueTally.Merge([ValueTally.Merge(parts[..7]), ValueTally.Merge(parts[7..])]).Text);
        Assert.Equal(
            parts.Sum(static p => p.Tensors.Sum(static t => t.Bins.Sum())),
            all.Tensors.Sum(static t => t.Bins.Sum()));
        Assert.Equal(all.Text, ValueTally.Merge([ValueTally.Empty, all]).Text);
        Assert.Equal(all.Text, ValueTally.Merge([all, ValueTally.Of([new ValueCounts(9, [1, 2, 3, 4])])]).Text);
    }

    [Fact]
    public void What_came_since_and_what_was_before_make_the_whole()
    {
        Rng rng = new(5);
        for (int i = 0; i < 200; i++)
        {
            ValueTally before = Drawn(rng);
            ValueTally more = Drawn(rng);
            Assert.Equal(more.Text, ValueTally.Merge([before, more]).Since(before).Text);
            Assert.Equal("", before.Since(before).Text);
            Assert.Equal(before.Text, before.Since(ValueTally.Empty).Text);
        }
    }

    [Theory]
    [InlineData("5:1,2,3,4", "6:1,2,3,4")]
    [InlineData("5:1,2,3,4", "5:1,2,3")]
    [InlineData("5:1,2,3,4", "5:1,2,3,4;1:0,0,0,1")]
    [InlineData("5:1,2,3,4", "5:1;2,3,4")]
    [InlineData("5:1,2,3,4", ";;;;;;;;")]
    public void What_does_not_follow_counts_for_nothing(string now, string before) =>
        Assert.Equal("", ValueTally.Said(now).Since(ValueTally.Said(before)).Text);

    [Theory]
    [InlineData("5")]
    [InlineData("5:")]
    [InlineData("5:1,2,3")]
    [InlineData(":1,2,3,4")]
    [InlineData("5:1,2,3,4;")]
    [InlineData("5:1,,3,4")]
    [InlineData("5:1,2,3,-4")]
    [InlineData("5:1,2,3,99999999999999999999")]
    [InlineData("5:1,2,3,4503599627370497")]
    [InlineData("5:0,0,0,0,0,0,0,0,0,0,0,0,0,0")]
    [InlineData("five:1,2,3,4")]
    public void Anything_else_is_not_read(string text)
    {
        Assert.False(ValueTally.TryParse(text, out _));
        Assert.Empty(ValueTally.Said(text).Tensors);
    }

    [Fact]
    public void A_process_that_talks_is_taken_for_silent()
    {
        Assert.Equal("", ValueTally.Said(null).Text);
        Assert.Equal("", ValueTally.Said("5:1,2,3,four").Text);
        Assert.Equal("", ValueTally.Said(new string('1', ValueTally.CharsMax + 1)).Text);
    }

    [Fact]
    public void The_largest_tally_fits()
    {
        long[] bins = [.. Enumerable.Repeat(999_999_999_999L, ValueReference.InnerBinsMax + 3)];
        ValueTally largest = ValueTally.Of(
            [.. Enumerable.Repeat(new ValueCounts(999_999_999_999, bins), ValueReference.TensorsMax)]);
        Assert.True(ValueTally.TryParse(largest.Text, out ValueTally? read));
        Assert.Equal(ValueReference.TensorsMax, read.Tensors.Length);
    }

    private static ValueTally Drawn(Rng rng) => ValueTally.Of(
    [
        .. Enumerable.Range(0, 3).Select(_ => new ValueCounts(
            1 + rng.Below(9), [.. Enumerable.Range(0, 6).Select(_ => (long)rng.Below(1000))])),
    ]);
}
