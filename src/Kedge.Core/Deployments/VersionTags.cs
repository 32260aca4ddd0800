namespace Kedge.Core.Deployments;

/// <summary>
/// Which tags are versions, and which of two is the higher. A version begins with a digit, or with <c>v</c> and a
/// digit: numbers between dots, then perhaps a suffix. Other tags are words for a stage, as <c>prod</c>.
/// </summary>
public static class VersionTags
{
    /// <summary>Orders tags, the higher one last; never equal for two that differ.</summary>
    public static readonly IComparer<string> Ascending = Comparer<string>.Create(Compare);

    /// <summary>True for a version.</summary>
    public static bool IsVersion(string tag) => tag switch
    {
        [var first, ..] when char.IsAsciiDigit(first) => true,
        ['v' or 'V', var second, ..] => char.IsAsciiDigit(second),
        _ => false,
    };

    /// <summary>
    /// Compares two tags. Numbers count as numbers, and one that is missing as 0; <c>1.0-rc1</c> is below <c>1.0</c>,
    /// <c>1.0b</c> above it; whatever is no version is below every version.
    /// </summary>
    public static int Compare(string? left, string? right)
    {
        (left, right) = (left ?? "", right ?? "");
        int order = IsVersion(left).CompareTo(IsVersion(right));
        if (order == 0 && IsVersion(left))
        {
            ReadOnlySpan<char> a = left.AsSpan().TrimStart("vV");
            ReadOnlySpan<char> b = right.AsSpan().TrimStart("vV");
            int aNumbers = NumbersOf(a);
            int bNumbers = NumbersOf(b);
            order = CompareNumbers(a[..aNumbers], b[..bNumbers]);
            order = order == 0 ? CompareSuffixes(a[aNumbers..], b[bNumbers..]) : order;
        }

        return order == 0 ? string.CompareOrdinal(left, right) : order;
    }

    private static int NumbersOf(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExcept("0123456789.");
        return end < 0 ? text.Length : end;
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (!left.IsEmpty || !right.IsEmpty)
        {
            int order = CompareNumber(Next(ref left), Next(ref right));
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    /// <summary>Takes the digits up to the next dot, and the dot.</summary>
    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> text)
    {
        int dot = text.IndexOf('.');
        ReadOnlySpan<char> digits = dot < 0 ? text : text[..dot];
        text = dot < 0 ? [] : text[(dot + 1)..];
        return digits;
    }

    /// <summary>Digits of any length, so that a date with its time does not overflow.</summary>
    private static int CompareNumber(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }

    private static int CompareSuffixes(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int order = RankOf(left).CompareTo(RankOf(right));
        while (order == 0 && (!left.IsEmpty || !right.IsEmpty))
        {
            order = CompareWord(Take(ref left, isNumber: false), Take(ref right, isNumber: false));
            order = order == 0
                ? CompareNumber(Take(ref left, isNumber: true), Take(ref right, isNumber: true))
                : order;
        }

        return order;
    }

    /// <summary>Before the version, the version itself, after it.</summary>
    private static int RankOf(ReadOnlySpan<char> suffix) => suffix.IsEmpty ? 0 : suffix[0] == '-' ? -1 : 1;

    private static int CompareWord(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.CompareTo(right, StringComparison.Ordinal);

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> text, bool isNumber)
    {
        int end = isNumber ? text.IndexOfAnyExcept("0123456789") : text.IndexOfAny("0123456789");
        ReadOnlySpan<char> taken = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[end..];
        return taken;
    }
}
