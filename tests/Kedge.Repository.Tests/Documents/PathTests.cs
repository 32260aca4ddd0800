using System.Text.RegularExpressions;
using Kedge.Tidy;

namespace Kedge.Repository.Tests.Documents;

/// <summary>A page that follows the code through its files must not name one that is gone.</summary>
public sealed partial class PathTests
{
    [Fact]
    public void Every_path_of_the_repository_that_a_document_names_exists()
    {
        List<string> missing = [];
        foreach (SourceFile page in Tree.Pages())
        {
            missing.AddRange(Named().Matches(page.Text)
                .Select(match => match.Groups[1].Value.TrimEnd('/'))
                .Where(path => !File.Exists(Tree.At(path)) && !Directory.Exists(Tree.At(path)))
                .Select(path => $"{page.Path}: {path}"));
        }

        Assert.True(missing.Count == 0, $"not there:\n{string.Join('\n', missing)}");
    }

    [GeneratedRegex("`((?:src|tests|eng|docs|examples|deploy)/[A-Za-z0-9._/-]+)`")]
    private static partial Regex Named();
}
