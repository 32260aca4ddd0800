using System.Text.RegularExpressions;
using Kedge.Tidy;

namespace Kedge.Repository.Tests.Documents;

public sealed partial class LinkTests
{
    [Fact]
    public void Every_relative_link_leads_to_a_file_and_every_anchor_to_a_heading()
    {
        List<string> broken = [];
        foreach (SourceFile page in Tree.Pages())
        {
            foreach (Match link in Link().Matches(MarkdownPage.WithoutCode(page.Text)))
            {
                string target = link.Groups[1].Value;
                if (!target.Contains("://", StringComparison.Ordinal)
                    && !target.StartsWith("mailto:", StringComparison.Ordinal) && !Resolves(page, target))
                {
                    broken.Add($"{page.Path}: {target}");
                }
            }
        }

        Assert.True(broken.Count == 0, $"broken links:\n{string.Join('\n', broken)}");
    }

    [Theory]
    [InlineData("# Push a model", "push-a-model")]
    [InlineData("## `kedge apply -f`: all findings", "kedge-apply--f-all-findings")]
    [InlineData("### What's new?", "whats-new")]
    public void Anchors_are_made_as_the_forges_make_them(string heading, string anchor) =>
        Assert.Contains(anchor, MarkdownPage.Anchors(heading));

    private static bool Resolves(SourceFile page, string target)
    {
        string[] parts = target.Split('#', 2);
        string folder = Path.GetDirectoryName(Tree.At(page.Path)) ?? Tree.Root;
        string path = parts[0].Length == 0 ? Tree.At(page.Path) : Path.GetFullPath(Path.Combine(folder, parts[0]));
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            return false;
        }

        return parts.Length == 1 || !path.EndsWith(".md", StringComparison.Ordinal)
            || MarkdownPage.Anchors(File.ReadAllText(path)).Contains(parts[1], StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
