using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>
/// Lists of processors as cpuset(7) writes them: <c>0-1,3</c>; or <c>auto</c>, which leaves the choice to the device.
/// </summary>
public static class CpuSetText
{
    /// <summary>The device chooses.</summary>
    public const string Auto = "auto";

    /// <summary>
    /// True for <c>auto</c> and for a list without gaps in its writing; <paramref name="error"/> says what is wrong.
    /// </summary>
    public static bool IsValid(string text, out string error)
    {
        error = "";
        if (text == Auto)
        {
            return true;
        }

        if (text.Length is 0 or > ManifestLimits.CpuSetCharsMax)
        {
            error = "it is empty or too long";
            return false;
        }

        HashSet<int> seen = [];
        foreach (string part in text.Split(','))
        {
            if (!AddRange(part, seen, ref error))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AddRange(string part, HashSet<int> seen, ref string error)
    {
        int dash = part.IndexOf('-', StringComparison.Ordinal);
        string firstText = dash < 0 ? part : part[..dash];
        string lastText = dash < 0 ? part : part[(dash + 1)..];
        if (!TryIndex(firstText, out int first) || !TryIndex(lastText, out int last))
        {
            error = $"'{part}' is neither a processor nor a range as 0-3";
            return false;
        }

        if (first > last)
        {
            error = $"the range {part} ends before it begins";
            return false;
        }

        for (int index = first; index <= last; index++)
        {
            if (!seen.Add(index))
            {
                error = string.Create(CultureInfo.InvariantCulture, $"processor {index} is listed twice");
                return false;
            }
        }

        return true;
    }

    private static bool TryIndex(string text, out int index) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index)
        && index <= ManifestLimits.CpuIndexMax;
}
