using System.Globalization;

namespace Kedge.Tidy;

/// <summary>
/// Old offences that are known, with their sizes. It is a ratchet: an offence that grows is reported, one that is
/// mended
/// must be taken off, and nothing is added but by hand.
/// </summary>
public sealed class Baseline
{
    private readonly SortedDictionary<string, int> _sizes = new(StringComparer.Ordinal);

    /// <summary>Reads <c>path|rule|subject|size</c> on each line.</summary>
    /// <param name="text">Text of <c>eng/Tidy/baseline.txt</c>; lines that begin with <c>#</c> are comments.</param>
    /// <exception cref="FormatException">A line has another form.</exception>
    public Baseline(string text)
    {
        foreach (string line in text.Split('\n').Where(line => line.Trim().Length > 0 && !line.StartsWith('#')))
        {
            string[] parts = line.Split('|');
            if (parts.Length != 4
                || !int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out int size))
            {
                throw new FormatException($"baseline.txt: '{line}' is not 'path|rule|subject|size'");
            }

            _sizes[string.Join('|', parts[..3])] = size;
        }
    }

    /// <summary>What is worse than the baseline, and what the baseline still lists although it is mended.</summary>
    /// <param name="offences">All that was found.</param>
    public IReadOnlyList<Offence> Compare(IReadOnlyList<Offence> offences)
    {
        Dictionary<string, int> found = Sizes(offences);
        List<Offence> worse =
            [.. offences.Where(offence => found[Key(offence)] > _sizes.GetValueOrDefault(Key(offence)))];
        foreach (string key in _sizes.Keys.Where(key => !found.ContainsKey(key)))
        {
            worse.Add(new Offence(
                "eng/Tidy/baseline.txt", 0, "baseline", key, 1, $"'{key}' is mended: run ./dev tidy --shrink"));
        }

        return worse;
    }

    /// <summary>The baseline without what is mended, and with the sizes that have shrunk. Never grows.</summary>
    /// <param name="offences">All that was found.</param>
    public string Shrink(IReadOnlyList<Offence> offences)
    {
        Dictionary<string, int> found = Sizes(offences);
        return string.Concat(_sizes
            .Where(row => found.ContainsKey(row.Key))
            .Select(row => string.Create(
                CultureInfo.InvariantCulture, $"{row.Key}|{Math.Min(row.Value, found[row.Key])}\n")));
    }

    /// <summary>The key of an offence: it stays the same while lines move.</summary>
    public static string Key(Offence offence) => $"{offence.Path}|{offence.Rule}|{offence.Subject.Replace('|', ' ')}";

    /// <summary>Offences of one key add up: two of the same kind are worse than one.</summary>
    private static Dictionary<string, int> Sizes(IReadOnlyList<Offence> offences) => offences
        .GroupBy(Key, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Sum(offence => offence.Size), StringComparer.Ordinal);
}
