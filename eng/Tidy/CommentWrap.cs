using System.Text;

namespace Kedge.Tidy;

/// <summary>
/// Breaks comment lines that are too long, and nothing else: a line of code is for its author to break. A tag with
/// attributes stays in one piece, so that the documentation still reads as XML.
/// </summary>
public static class CommentWrap
{
    private const string Opening = "<summary>";
    private const string Closing = "</summary>";

    /// <summary>The text with its long comment lines broken at <see cref="Limits.LineColumnsMax"/>.</summary>
    /// <param name="text">A C# file.</param>
    public static string Apply(string text) => string.Join('\n', text.Split('\n').SelectMany(Line));

    private static IEnumerable<string> Line(string line)
    {
        string body = line.TrimStart();
        string indent = line[..(line.Length - body.Length)];
        string mark = body.StartsWith("/// ", StringComparison.Ordinal) ? "/// "
            : body.StartsWith("// ", StringComparison.Ordinal) ? "// " : "";
        if (line.Length <= Limits.LineColumnsMax || mark.Length == 0)
        {
            return [line];
        }

        string prefix = indent + mark;
        string words = body[mark.Length..];
        bool isSummary = words.StartsWith(Opening, StringComparison.Ordinal)
            && words.EndsWith(Closing, StringComparison.Ordinal);
        return isSummary
            ? [prefix + Opening, .. Broken(prefix, words[Opening.Length..^Closing.Length]), prefix + Closing]
            : Broken(prefix, words);
    }

    private static IEnumerable<string> Broken(string prefix, string words)
    {
        var line = new StringBuilder(prefix);
        foreach (string piece in Pieces(words))
        {
            if (line.Length > prefix.Length && line.Length + 1 + piece.Length > Limits.LineColumnsMax)
            {
                yield return line.ToString();
                line.Clear().Append(prefix);
            }

            line.Append(line.Length > prefix.Length ? " " : "").Append(piece);
        }

        yield return line.ToString();
    }

    /// <summary>Words, where one that opens a tag runs on until the tag is closed.</summary>
    private static IEnumerable<string> Pieces(string words)
    {
        string piece = "";
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            piece = piece.Length == 0 ? word : $"{piece} {word}";
            if (piece.LastIndexOf('<') <= piece.LastIndexOf('>'))
            {
                yield return piece;
                piece = "";
            }
        }

        if (piece.Length > 0)
        {
            yield return piece;
        }
    }
}
