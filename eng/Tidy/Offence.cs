using System.Globalization;

namespace Kedge.Tidy;

/// <summary>One thing out of order.</summary>
/// <param name="Path">File, relative to the root of the repository, with forward slashes.</param>
/// <param name="Line">Line from 1; 0 for the whole file.</param>
/// <param name="Rule">Name of the rule, stable: baselines are kept by it.</param>
/// <param name="Subject">What offends, stable while lines move: a method's or a type's name, a word.</param>
/// <param name="Size">How much: lines, columns, or 1. A baseline may shrink, never grow.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record Offence(string Path, int Line, string Rule, string Subject, int Size, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Line > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Path}:{Line}: {Message}")
        : $"{Path}: {Message}";
}
