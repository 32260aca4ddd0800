namespace Kedge.Tidy;

/// <summary>The sizes at which reading becomes work.</summary>
public static class Limits
{
    /// <summary>
    /// Lines of a method, from its signature to its closing brace: more than a screen hides its own beginning.
    /// </summary>
    public const int MethodLinesMax = 70;

    /// <summary>Lines of a file in the product.</summary>
    public const int FileLinesMax = 500;

    /// <summary>Columns of a line: two files side by side on one screen.</summary>
    public const int LineColumnsMax = 120;

    /// <summary>Lines of a small record or struct that may stand beside the type which it serves.</summary>
    public const int CompanionLinesMax = 40;
}
