using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>
/// What a plain scalar means by YAML's core schema (YAML 1.2.2 §10.3.2): nothing, a truth value, a number or a text.
/// </summary>
internal static class ScalarWords
{
    public static bool IsNull(ManifestNode.Scalar scalar) =>
        !scalar.IsQuoted && (scalar.Text is "" or "~" or "null" or "Null" or "NULL");

    public static bool IsBoolean(ManifestNode.Scalar scalar) =>
        !scalar.IsQuoted && (scalar.Text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE");

    public static bool IsTrue(ManifestNode.Scalar scalar) =>
        IsBoolean(scalar) && string.Equals(scalar.Text, "true", StringComparison.OrdinalIgnoreCase);

    public static bool IsNumber(ManifestNode.Scalar scalar) =>
        !scalar.IsQuoted && IsNumber(scalar.Text);

    public static bool IsText(ManifestNode.Scalar scalar) =>
        scalar.IsQuoted || !(IsNull(scalar) || IsBoolean(scalar) || IsNumber(scalar.Text));

    public static bool TryInteger(ManifestNode.Scalar scalar, out long value)
    {
        value = 0;
        return !scalar.IsQuoted
            && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>What the scalar is, for a finding.</summary>
    public static string Describe(ManifestNode.Scalar scalar) => scalar switch
    {
        _ when scalar.IsQuoted => "a text",
        _ when IsNull(scalar) => "nothing",
        _ when IsBoolean(scalar) => $"the truth value {scalar.Text}",
        _ when IsNumber(scalar.Text) => $"the number {Shown(scalar.Text)}",
        _ => "a text",
    };

    /// <summary>A text cut to a length that fits a finding, without control characters.</summary>
    public static string Shown(string text)
    {
        const int CharsMax = 60;
        string cut = text.Length > CharsMax ? text[..CharsMax] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c));
    }

    private static bool IsNumber(string text)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal) || text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length > 2 && text.Skip(2).All(char.IsAsciiHexDigit);
        }

        if (text is ".inf" or "-.inf" or "+.inf" or ".nan" or ".NaN" or ".Inf" or "-.Inf")
        {
            return true;
        }

        return text.Length > 0
            && (char.IsAsciiDigit(text[^1]) || text[^1] == '.')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            && !char.IsWhiteSpace(text[0]);
    }
}
