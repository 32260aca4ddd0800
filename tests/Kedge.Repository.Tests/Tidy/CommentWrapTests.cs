using Kedge.Tidy;

namespace Kedge.Repository.Tests.Tidy;

public sealed class CommentWrapTests
{
    private static readonly string Words = string.Join(' ', Enumerable.Repeat("words", 30));

    [Fact]
    public void A_long_summary_is_opened_up_and_broken()
    {
        string[] lines = CommentWrap.Apply($"    /// <summary>{Words}</summary>").Split('\n');

        Assert.Equal("    /// <summary>", lines[0]);
        Assert.Equal("    /// </summary>", lines[^1]);
        Assert.All(lines, line => Assert.True(line.Length <= Limits.LineColumnsMax));
        Assert.Equal(Words, string.Join(' ', lines[1..^1].Select(line => line["    /// ".Length..])));
    }

    [Fact]
    public void A_tag_with_attributes_stays_in_one_piece()
    {
        string filler = new('x', 96);
        string wrapped = CommentWrap.Apply($"/// {filler} <see cref=\"A\" langword=\"b\"/> end");

        Assert.Equal($"/// {filler}\n/// <see cref=\"A\" langword=\"b\"/> end", wrapped);
    }

    [Fact]
    public void Short_lines_and_code_are_left_as_they_are()
    {
        string text = $"/// short\nvar x = \"{Words}\";\n";

        Assert.Equal(text, CommentWrap.Apply(text));
    }
}
