using Kedge.Cli.Kinds;
using Kedge.Cli.Output;

namespace Kedge.Cli.Commands;

/// <summary>
/// Shows changes as kubectl does: headings once, then a line for each change, in columns that only grow.
/// </summary>
internal sealed class WatchScreen(CliWorld world)
{
    /// <summary>Rows that are remembered for the width of columns.</summary>
    private const int RowsMax = 500;

    private readonly Dictionary<string, Listed> _rows = new(StringComparer.Ordinal);
    private bool _hasHeadings;

    /// <summary>Shows one change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="table">Makes a table of rows; its last row is the one that is shown.</param>
    public void Show(ListedChange change, Func<IEnumerable<Listed>, TextTable> table)
    {
        _rows.Remove(change.Item.Name);
        string[] lines = table([.. _rows.Values, change.Item]).Render(world.HasColour).TrimEnd('\n').Split('\n');
        if (!_hasHeadings)
        {
            world.Out.WriteLine(lines[0]);
            _hasHeadings = true;
        }

        world.Out.WriteLine(lines[^1] + (change.IsGone ? "   (deleted)" : ""));
        if (!change.IsGone && _rows.Count < RowsMax)
        {
            _rows[change.Item.Name] = change.Item;
        }
    }
}
