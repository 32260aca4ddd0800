using System.Text;
using System.Text.RegularExpressions;

namespace Kedge.Repository.Tests.Documents;

/// <summary>As much of Markdown as the checks of our own pages need.</summary>
internal static partial class MarkdownPage
{
    /// <summary>The blocks fenced with <c>```sh</c>, each with the line of its fence, from 1.</summary>
    public static IReadOnlyList<(int Line, string Text)> ShellBlocks(string markdown)
    {
        List<(int, string)> blocks = [];
        StringBuilder? block = null;
        string[] lines = markdown.Split('\n');
        int opened = 0;
        for (int index = 0; index < lines.Length; index++)
        {
            string line = lines[index].Trim();
            if (block is null && (line == "```sh" || line.StartsWith("```sh ", StringComparison.Ordinal)))
            {
                block = new StringBuilder();
                opened = index + 1;
            }
            else if (block is not null && line.StartsWith("```", StringComparison.Ordinal))
            {
                blocks.Add((opened, block.ToString()));
                block = null;
            }
            else
            {
                block?.Append(line).Append('\n');
            }
        }

        return blocks;
    }

    /// <summary>The commands of a block: comments, prompts and here-documents off, continued lines joined.</summary>
    public static IReadOnlyList<string> Commands(string block)
    {
        List<string> commands = [];
        string? end = null;
        foreach (string raw in block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        {
            if (end is not null)
            {
                end = raw.Trim() == end ? null : end;
                continue;
            }

            string line = CommentAtEnd().Replace(raw, "").Trim();
            line = line.StartsWith("$ ", StringComparison.Ordinal) ? line[2..].Trim() : line;
            if (HereDocument().Match(line) is { Success: true } match)
            {
                end = match.Groups[1].Value;
            }

            if (line.Length > 0)
            {
                commands.Add(line);
            }
        }

        return commands;
    }

    /// <summary>The anchors of the headings.</summary>
    public static IReadOnlyList<string> Anchors(string markdown) =>
    [
        .. Heading().Matches(markdown)
            .Select(match => match.Groups[1].Value.Trim().ToLowerInvariant())
            .Select(text => NotInAnchor().Replace(text, "").Replace(' ', '-')),
    ];

    /// <summary>The text without fenced blocks and code in a line: what stands there is no link.</summary>
    public static string WithoutCode(string markdown) => CodeInLine().Replace(Fenced().Replace(markdown, ""), "");

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex CommentAtEnd();

    [GeneratedRegex("<<-?['\"]?([A-Za-z]+)['\"]?")]
    private static partial Regex HereDocument();

    [GeneratedRegex("^#{1,6} +(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}\s_-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex CodeInLine();
}
