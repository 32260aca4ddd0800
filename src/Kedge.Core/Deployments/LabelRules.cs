using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>
/// Rules of label keys and values, those of Kubernetes: an optional DNS prefix and a name of up to 63 characters.
/// </summary>
public static class LabelRules
{
    private const int PrefixCharsMax = 253;

    /// <summary>No labels.</summary>
    public static readonly ImmutableSortedDictionary<string, string> None =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>True for <c>name</c> or <c>prefix/name</c>.</summary>
    public static bool IsKey(string? key)
    {
        if (string.IsNullOrEmpty(key) || key.Length > PrefixCharsMax + 1 + Ids.NameCharsMax)
        {
            return false;
        }

        int slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? IsWord(key)
            : slash <= PrefixCharsMax && key[..slash].Split('.').All(Ids.IsName) && IsWord(key[(slash + 1)..]);
    }

    /// <summary>
    /// True for a value: empty, or 1..63 of letters, digits, <c>-_.</c>, first and last alphanumeric.
    /// </summary>
    public static bool IsValue(string? value) => value is not null && (value.Length == 0 || IsWord(value));

    private static bool IsWord(string text) =>
        text.Length is > 0 and <= Ids.NameCharsMax
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
