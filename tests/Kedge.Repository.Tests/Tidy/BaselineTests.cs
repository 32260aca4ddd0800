using Kedge.Tidy;

namespace Kedge.Repository.Tests.Tidy;

public sealed class BaselineTests
{
    private static readonly Baseline Known = new("# known\nsrc/A.cs|long-method|Run|80\n");

    [Fact]
    public void A_known_offence_passes_while_it_does_not_grow()
    {
        Assert.Empty(Known.Compare([Method(lines: 80)]));
        Assert.Empty(Known.Compare([Method(lines: 75)]));
        Assert.Single(Known.Compare([Method(lines: 81)]));
    }

    [Fact]
    public void An_unknown_offence_is_reported()
    {
        Offence other = Method(lines: 80) with { Path = "src/B.cs" };

        Assert.Equal(other, Assert.Single(Known.Compare([Method(lines: 80), other])));
    }

    [Fact]
    public void What_is_mended_and_still_listed_is_reported() =>
        Assert.Contains("is mended", Assert.Single(Known.Compare([])).Message, StringComparison.Ordinal);

    [Fact]
    public void Shrinking_takes_off_what_is_mended_and_never_adds()
    {
        Offence other = Method(lines: 90) with { Path = "src/B.cs" };

        Assert.Equal("", Known.Shrink([]));
        Assert.Equal("src/A.cs|long-method|Run|75\n", Known.Shrink([Method(lines: 75), other]));
        Assert.Equal("src/A.cs|long-method|Run|80\n", Known.Shrink([Method(lines: 90)]));
    }

    [Theory]
    [InlineData("src/A.cs|long-method|Run")]
    [InlineData("src/A.cs|long-method|Run|many")]
    public void A_line_of_another_form_is_refused(string line) =>
        Assert.Throws<FormatException>(() => new Baseline(line));

    private static Offence Method(int lines) => new("src/A.cs", 9, "long-method", "Run", lines, "long");
}
