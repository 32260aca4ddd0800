using Kedge.Cli.Output;

namespace Kedge.Cli.Commands;

/// <summary>Names with their values, one a line, the values in one column.</summary>
internal sealed class FieldBlock
{
    private const int NameChars = 16;

    private readonly System.Text.StringBuilder _text = new();

    /// <summary>Adds a line; an empty value is shown as a hyphen.</summary>
    public FieldBlock Add(string name, string value)
    {
        _text.Append($"{name}:".PadRight(NameChars)).Append(value.Length == 0 ? "-" : value).Append('\n');
        return this;
    }

    /// <summary>Adds a line only where there is a value.</summary>
    public FieldBlock AddIf(string name, string value) => value.Length > 0 ? Add(name, value) : this;

    /// <summary>Adds a table below a name, indented.</summary>
    public FieldBlock AddTable(string name, TextTable table, bool colour)
    {
        if (table.RowCount == 0)
        {
            return Add(name, "none");
        }

        _text.Append(name).Append(":\n");
        foreach (string line in table.Render(colour).TrimEnd('\n').Split('\n'))
        {
            _text.Append("  ").Append(line.TrimEnd()).Append('\n');
        }

        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
