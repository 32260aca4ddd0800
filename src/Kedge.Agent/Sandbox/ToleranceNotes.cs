using System.Globalization;
using Kedge.Core.Borders;
using Kedge.Core.Models;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// How far the answers of an instance's models may be from their golden samples, where the variant has a tolerance of
/// its own. Kept in a file of the instance's folder, a line for each model, so that whoever adopts the instance probes
/// it as it was tried, without reading a manifest again.
/// </summary>
internal static class ToleranceNotes
{
    /// <summary>Writes them down; no file where no model has one.</summary>
    internal static void Write(InstancePaths paths, PreparedRelease release)
    {
        List<string> lines = [];
        foreach (PreparedModel model in release.Models)
        {
            if (model.Tolerance is { } t)
            {
                lines.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{model.Key} {t.Absolute:R} {t.Relative:R} {t.MinimumAgreement:R}"));
            }
        }

        if (lines.Count > 0)
        {
            File.WriteAllLines(paths.Tolerances, lines);
        }
    }

    /// <summary>That of one model by its key; null where it has none, or its line cannot be read.</summary>
    internal static GoldenTolerance? Of(InstancePaths paths, string model)
    {
        string[] lines = File.Exists(paths.Tolerances) ? File.ReadAllLines(paths.Tolerances) : [];
        string[] words = lines.Select(static line => line.Split(' ')).FirstOrDefault(w => w[0] == model, []);
        if (words.Length != 4
            || !TryNumber(words[1], out double absolute)
            || !TryNumber(words[2], out double relative)
            || !TryNumber(words[3], out double agreement))
        {
            return null;
        }

        GoldenTolerance read = new()
        {
            Absolute = absolute, Relative = relative, MinimumAgreement = agreement,
        };
        return read.IsValid ? read : null;
    }

    private static bool TryNumber(string word, out double number) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
