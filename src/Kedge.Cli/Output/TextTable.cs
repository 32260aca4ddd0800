using System.Globalization;
using System.Text;

namespace Kedge.Cli.Output;

/// <summary>
/// A table as kubectl prints it: headings in capitals, columns as wide as their widest cell, no lines.
/// </summary>
public sealed class TextTable(params string[] headings)
{
    private const int GapChars = 3;
    private const string Reset = "\u001b[0m";

    private readonly List<string[]> _rows = [];

    /// <summary>How many rows there are.</summary>
    public int RowCount => _rows.Count;

    /// <summary>Adds a row; an empty cell is shown as a hyphen.</summary>
    public void Add(params string[] cells) =>
        _rows.Add([.. cells.Select(cell => cell.Length == 0 ? "-" : Printer.Clean(cell).ReplaceLineEndings(" "))]);

    /// <summary>The table as text.</summary>
    /// <param name="colour">True to colour words that say how things stand.</param>
    /// <param name="withHeadings">False to leave the headings out.</param>
    public string Render(bool colour, bool withHeadings = true)
    {
        string[][] rows = withHeadings ? [headings, .. _rows] : [.. _rows];
        int[] widths = [.. headings.Select((heading, column) =>
            Math.Max(Width(heading), _rows.Count == 0 ? 0 : _rows.Max(row => Width(row[column]))))];
        StringBuilder text = new();
        for (int index = 0; index < rows.Length; index++)
        {
            bool isHeading = withHeadings && index == 0;
            for (int column = 0; column < headings.Length; column++)
            {
                string cell = rows[index][column];
                text.Append(colour && !isHeading && Colour(cell) is string code ? code + cell + Reset : cell);
                if (column < headings.Length - 1)
                {
                    text.Append(' ', widths[column] - Width(cell) + GapChars);
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Columns that a text takes: characters as a reader counts them.</summary>
    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    private static string? Colour(string cell) => cell switch
    {
        "Ready" or "serving" or "Serving" or "Complete" or "Passing" or "Chosen" or "yes" or "created" => "\u001b[32m",
        "Progressing" or "Pending" or "KeepsOld" or "Stale" or "Warning" or "fetching" or "starting"
            or "Changing" or "Paused" or "Waiting" => "\u001b[33m",
        "Failing" or "Offline" or "Revoked" or "Rejected" or "waiting" or "stopped"
            or "Failed" or "RolledBack" or "RollingBack" or "Unfit" => "\u001b[31m",
        _ => null,
    };
}
