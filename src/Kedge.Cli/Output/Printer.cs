using System.Text;

namespace Kedge.Cli.Output;

/// <summary>Writes lines and tables. What comes from devices and servers is cleaned of control characters first, so
/// that
/// nothing can write to the terminal but this program.</summary>
public sealed class Printer(CliWorld world)
{
    /// <summary>A line of result.</summary>
    public void Line(string text = "") => world.Out.WriteLine(Clean(text));

    /// <summary>Text as it is, which may hold line feeds.</summary>
    public void Raw(string text) => world.Out.Write(Clean(text));

    /// <summary>A line that is no result.</summary>
    public void Note(string text) => world.Error.WriteLine(Clean(text));

    /// <summary>A table, or one sentence when it has no rows.</summary>
    public void Table(TextTable table, string whenEmpty)
    {
        if (table.RowCount == 0)
        {
            Note(whenEmpty);
            return;
        }

        world.Out.Write(table.Render(world.HasColour));
    }

    /// <summary>The text without control characters other than line feed and tab.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsUnwanted))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        foreach (char c in text)
        {
            clean.Append(IsUnwanted(c) ? '?' : c);
        }

        return clean.ToString();
    }

    private static bool IsUnwanted(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
