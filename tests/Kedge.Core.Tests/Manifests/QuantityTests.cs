using FsCheck;
using FsCheck.Fluent;
using Kedge.Core.Manifests;

namespace Kedge.Core.Tests.Manifests;

public class QuantityTests
{
    [Theory]
    [InlineData("64Mi", 64L << 20)]
    [InlineData("4Gi", 4L << 30)]
    [InlineData("1.5Ki", 1536)]
    [InlineData("500M", 500_000_000)]
    [InlineData("1000", 1000)]
    [InlineData("0", 0)]
    public void Memory_is_read(string text, long expected)
    {
        Assert.True(Quantity.TryParseBytes(text, out long bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("-1Mi")]
    [InlineData("1 Mi")]
    [InlineData("1mi")]
    [InlineData("0.3")]
    [InlineData("1e3")]
    [InlineData(".5Gi")]
    [InlineData("5.Gi")]
    [InlineData("99999999999Ti")]
    [InlineData("1,000")]
    public void Memory_that_cannot_be_exact_is_refused(string text) =>
        Assert.False(Quantity.TryParseBytes(text, out _));

    [Theory]
    [InlineData("500m", 500)]
    [InlineData("2", 2000)]
    [InlineData("0.5", 500)]
    [InlineData("1.25", 1250)]
    public void Cpu_is_read(string text, int expected)
    {
        Assert.True(Quantity.TryParseMilli(text, out int milli));
        Assert.Equal(expected, milli);
    }

    [Theory]
    [InlineData("0.0005")]
    [InlineData("1.5m")]
    [InlineData("3000000")]
    [InlineData("half")]
    public void Cpu_finer_than_a_thousandth_is_refused(string text) =>
        Assert.False(Quantity.TryParseMilli(text, out _));

    [Fact]
    public void What_is_written_reads_back_the_same() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<long>(),
            ArbMap.Default.ArbFor<int>(),
            (bytes, milli) =>
            {
                long b = bytes & long.MaxValue;
                int m = milli & int.MaxValue;
                return Quantity.TryParseBytes(Quantity.FormatBytes(b), out long b2) && b == b2
                    && Quantity.TryParseMilli(Quantity.FormatMilli(m), out int m2) && m == m2
                    && Lifetime.TryParse(Lifetime.Format(TimeSpan.FromSeconds(m % 100_000_000)), out TimeSpan span)
                    && (int)span.TotalSeconds == m % 100_000_000;
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("auto")]
    [InlineData("0")]
    [InlineData("0-1,3")]
    public void Processors_are_read(string text) => Assert.True(CpuSetText.IsValid(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("0-")]
    [InlineData("1-0")]
    [InlineData("0,0")]
    [InlineData("0-3,2")]
    [InlineData("a")]
    [InlineData("0 ,1")]
    [InlineData("99999")]
    [InlineData("0,,1")]
    public void Processors_that_make_no_sense_are_refused(string text)
    {
        Assert.False(CpuSetText.IsValid(text, out string error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("bearing:v2")]
    [InlineData("bearing@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    public void A_package_reference_reads_back_as_it_was(string text)
    {
        Assert.True(PackageReference.TryParse(text, out PackageReference? reference));
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("bearing")]
    [InlineData("Bearing:v1")]
    [InlineData("bearing:")]
    [InlineData(":v1")]
    [InlineData("bearing:-v")]
    [InlineData("bearing@v1")]
    [InlineData("bearing:v1@sha256:ab")]
    [InlineData(null)]
    public void What_names_no_package_is_refused(string? text) => Assert.False(PackageReference.TryParse(text, out _));

    [Theory]
    [InlineData("expsoe", "expose")]
    [InlineData("matchLabel", "matchLabels")]
    [InlineData("MODELS", "models")]
    public void A_misspelt_word_is_guessed(string text, string meant) =>
        Assert.Equal(meant, DidYouMean.Nearest(text, ["expose", "matchLabels", "models", "port"]));

    [Fact]
    public void A_word_that_is_near_nothing_is_not_guessed() =>
        Assert.Null(DidYouMean.Nearest("replicas", ["expose", "models", "port"]));
}
