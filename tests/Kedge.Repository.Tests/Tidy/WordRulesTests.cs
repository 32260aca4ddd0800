using Kedge.Tidy;
using Kedge.Tidy.Rules;

namespace Kedge.Repository.Tests.Tidy;

public sealed class WordRulesTests
{
    private static readonly WordRules Rules = new(File.ReadAllText(Tree.At("eng/Tidy/words.txt")));

    [Theory]
    [InlineData("// TODO later")]
    [InlineData("// FIXME")]
    [InlineData("HACK: this")]
    [InlineData("cp /home/ada/key .")]
    [InlineData("https://registry.example.com/x")]
    public void A_word_that_does_not_belong_is_named(string line) =>
        Assert.Equal(2, Assert.Single(Rules.Judge(new SourceFile("docs/x.md", $"first\n{line}\n"))).Line);

    [Theory]
    [InlineData("mktemp -d /tmp/x.XXXXXX")]
    [InlineData("src/home/queue.cs")]
    [InlineData("the registry of every id")]
    [InlineData("GET /v1/users/home")]
    public void What_only_looks_like_it_passes(string line) =>
        Assert.Empty(Rules.Judge(new SourceFile("docs/x.md", line)));
}
