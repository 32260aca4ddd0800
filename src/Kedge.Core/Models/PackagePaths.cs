namespace Kedge.Core.Models;

/// <summary>
/// Which paths a package may name: those that mean the same file on every system and never leave its folder.
/// </summary>
public static class PackagePaths
{
    /// <summary>True for 1..<see cref="ModelLimits.PathSegmentsMax"/> segments joined by <c>/</c>, each of
    /// <c>A-Z a-z 0-9 . _ + -</c>, none starting with <c>-</c>, none only dots, in all at most
    /// <see cref="ModelLimits.PathCharsMax"/> characters.</summary>
    public static bool IsValid(string? path)
    {
        if (path is null || path.Length is 0 or > ModelLimits.PathCharsMax)
        {
            return false;
        }

        int segments = 0;
        foreach (Range range in path.AsSpan().Split('/'))
        {
            segments++;
            if (!IsSegment(path.AsSpan()[range]))
            {
                return false;
            }
        }

        return segments <= ModelLimits.PathSegmentsMax;
    }

    private static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (segment.IsEmpty || segment[0] == '-' || segment.Trim('.').IsEmpty)
        {
            return false;
        }

        foreach (char c in segment)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '+' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
