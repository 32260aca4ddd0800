using Kedge.Core.Deployments;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary>Reads values of options that have a form of their own; ends the command when they have not.</summary>
internal static class KeyValues
{
    /// <summary>Labels as <c>line=press</c>.</summary>
    public static IReadOnlyDictionary<string, string> Parse(IReadOnlyList<string> texts)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string text in texts.SelectMany(text => text.Split(',')))
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !LabelRules.IsKey(text[..equals]) || !LabelRules.IsValue(text[(equals + 1)..]))
            {
                throw new CliException(CliErrors.Usage, $"'{text}' is no label; write KEY=VALUE", ExitCodes.Usage);
            }

            labels[text[..equals]] = text[(equals + 1)..];
        }

        return labels;
    }

    /// <summary>Labels to set as <c>line=press</c>, and to take away as <c>line-</c>.</summary>
    public static IReadOnlyDictionary<string, string?> ParseChanges(IReadOnlyList<string> texts)
    {
        Dictionary<string, string?> changes = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            if (text.EndsWith('-') && LabelRules.IsKey(text[..^1]))
            {
                changes[text[..^1]] = null;
                continue;
            }

            foreach ((string key, string value) in Parse([text]))
            {
                changes[key] = value;
            }
        }

        return changes;
    }

    /// <summary>A span of time as <c>30m</c>.</summary>
    public static TimeSpan Time(string text, string option) => Lifetime.TryParse(text, out TimeSpan span)
        ? span
        : throw new CliException(
            CliErrors.Usage, $"{option} {text} is no time; write 30s, 15m, 24h or 7d", ExitCodes.Usage);
}
