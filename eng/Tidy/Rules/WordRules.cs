using System.Text.RegularExpressions;

namespace Kedge.Tidy.Rules;

/// <summary>
/// Words that do not belong in the repository: unfinished work, and the machine that somebody worked on.
/// </summary>
public sealed class WordRules
{
    private readonly IReadOnlyList<(Regex Pattern, string Reason)> _words;

    /// <summary>Reads the list: on each line a regular expression, two spaces or more, and the reason.</summary>
    /// <param name="list">Text of <c>eng/Tidy/words.txt</c>; lines that begin with <c>#</c> are comments.</param>
    public WordRules(string list) => _words =
    [
        .. list.Split('\n')
            .Where(line => line.Trim().Length > 0 && !line.StartsWith('#'))
            .Select(line => Regex.Split(line.Trim(), " {2,}"))
            .Select(parts => (new Regex(parts[0], RegexOptions.CultureInvariant), parts[1])),
    ];

    /// <summary>Judges one text file; the list itself and the tests of the rule are left out.</summary>
    public IEnumerable<Offence> Judge(SourceFile file)
    {
        if (file.Path.StartsWith("eng/Tidy/", StringComparison.Ordinal)
            || file.Path.StartsWith("tests/Kedge.Repository.Tests/", StringComparison.Ordinal))
        {
            yield break;
        }

        for (int index = 0; index < file.Lines.Count; index++)
        {
            foreach ((Regex pattern, string reason) in _words)
            {
                Match match = pattern.Match(file.Lines[index]);
                if (match.Success)
                {
                    yield return new Offence(file.Path, index + 1, "word", match.Value, 1,
                        $"'{match.Value}': {reason}");
                }
            }
        }
    }
}
