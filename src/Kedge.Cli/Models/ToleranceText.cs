using System.Globalization;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>
/// Tolerances as the command line writes them: <c>int8=absolute:0.02,relative:0.05,agreement:0.99</c>. What is left out
/// is as strict as golden samples are that say nothing.
/// </summary>
internal static class ToleranceText
{
    /// <summary>What each variant may lose, by its name; ends the command for what cannot be read.</summary>
    public static Dictionary<string, GoldenTolerance> Parse(IEnumerable<string> texts)
    {
        Dictionary<string, GoldenTolerance> tolerances = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || TryTolerance(text[(equals + 1)..]) is not { IsValid: true } tolerance)
            {
                throw new CliException(
                    CliErrors.Usage,
                    $"'{text}' is no tolerance; write NAME=absolute:0.02,relative:0.05,agreement:0.99 with numbers of "
                    + "0 or above and an agreement of at most 1",
                    ExitCodes.Usage);
            }

            tolerances[text[..equals]] = tolerance;
        }

        return tolerances;
    }

    private static GoldenTolerance? TryTolerance(string text)
    {
        GoldenTolerance tolerance = new() { Absolute = 1e-5, Relative = 1e-3 };
        foreach (string part in text.Split(','))
        {
            string[] words = part.Split(':');
            if (words.Length != 2
                || !double.TryParse(words[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                return null;
            }

            switch (words[0])
            {
                case "absolute":
                    tolerance = tolerance with { Absolute = number };
                    break;
                case "relative":
                    tolerance = tolerance with { Relative = number };
                    break;
                case "agreement":
                    tolerance = tolerance with { MinimumAgreement = number };
                    break;
                default:
                    return null;
            }
        }

        return tolerance;
    }
}
