using System.Text;

namespace Kedge.Repository.Tests.Documents;

/// <summary>
/// Splits a line of a shell into its simple commands and those into words: quotes yes, expansions no.
/// </summary>
internal static class ShellWords
{
    private static readonly string[] Separators = ["|", "||", "&&", ";", "&"];

    /// <summary>The simple commands of a line, without <c>sudo</c>, assignments in front and redirections.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Commands(string line)
    {
        List<IReadOnlyList<string>> commands = [];
        List<string> words = [];
        bool skipNext = false;
        foreach (string word in Split(line).Append(";"))
        {
            if (skipNext)
            {
                skipNext = false;
            }
            else if (Separators.Contains(word, StringComparer.Ordinal))
            {
                if (words.Count > 0)
                {
                    commands.Add(words);
                }

                words = [];
            }
            else if (IsRedirection(word))
            {
                skipNext = word[^1] is '>' or '<';
            }
            else if (words.Count > 0 || !(word == "sudo" || IsAssignment(word)))
            {
                words.Add(word);
            }
        }

        return commands;
    }

    private static bool IsRedirection(string word) => word.TrimStart('1', '2').StartsWith('>') || word.StartsWith('<');

    private static bool IsAssignment(string word) =>
        word.IndexOf('=', StringComparison.Ordinal) is > 0 and int at
        && word[..at].All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_');

    private static IEnumerable<string> Split(string line)
    {
        var word = new StringBuilder();
        char quote = '\0';
        bool isWord = false;
        foreach (char c in line)
        {
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
                word.Append(quote == '\0' ? "" : c);
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                isWord = true;
            }
            else if (char.IsWhiteSpace(c))
            {
                if (isWord)
                {
                    yield return word.ToString();
                }

                word.Clear();
                isWord = false;
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        if (isWord)
        {
            yield return word.ToString();
        }
    }
}
