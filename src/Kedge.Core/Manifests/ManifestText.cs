using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kedge.Core.Manifests;

/// <summary>Writes a node as YAML or JSON, always the same text for the same node. What it writes reads back as the
/// same
/// values in YAML 1.1 and 1.2.</summary>
public static class ManifestText
{
    private const int FlowCharsMax = 72;

    private static readonly string[] _wordsOfYaml =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<"];

    /// <summary>Block style, two spaces, lists of plain values in one line where they fit.</summary>
    public static string ToYaml(ManifestNode node)
    {
        StringBuilder text = new();
        WriteBlock(text, node, 0);
        return text.ToString();
    }

    /// <summary>JSON, indented by two spaces, ending in a line feed.</summary>
    public static string ToJson(ManifestNode node)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            ManifestTree.WriteJson(json, node, WriteScalar);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan).ReplaceLineEndings("\n") + "\n";
    }

    private static void WriteScalar(Utf8JsonWriter json, ManifestNode.Scalar scalar)
    {
        if (ScalarWords.TryInteger(scalar, out long integer))
        {
            json.WriteNumberValue(integer);
        }
        else if (ScalarWords.IsBoolean(scalar))
        {
            json.WriteBooleanValue(ScalarWords.IsTrue(scalar));
        }
        else if (ScalarWords.IsNull(scalar))
        {
            json.WriteNullValue();
        }
        else if (IsFinite(scalar, out double number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(scalar.Text);
        }
    }

    private static bool IsFinite(ManifestNode.Scalar scalar, out double number)
    {
        number = 0;
        return ScalarWords.IsNumber(scalar)
            && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            && double.IsFinite(number);
    }

    private static void WriteBlock(StringBuilder text, ManifestNode node, int indent)
    {
        switch (node)
        {
            case ManifestNode.Mapping { Entries.Length: > 0 } mapping:
                bool isFirst = true;
                foreach (ManifestEntry entry in mapping.Entries)
                {
                    text.Append(' ', isFirst ? 0 : indent).Append(Word(entry.Key, isText: true)).Append(':');
                    WriteBelow(text, entry.Value, indent);
                    isFirst = false;
                }

                break;
            case ManifestNode.Sequence { Items.Length: > 0 } sequence when Flow(sequence) is null:
                bool isFirstItem = true;
                foreach (ManifestNode item in sequence.Items)
                {
                    text.Append(' ', isFirstItem ? 0 : indent).Append("- ");
                    WriteBlock(text, item, indent + 2);
                    isFirstItem = false;
                }

                break;
            case ManifestNode.Mapping or ManifestNode.Sequence or ManifestNode.Scalar:
                text.Append(Inline(node)).Append('\n');
                break;
            default:
                throw Check.Unreachable(node);
        }
    }

    private static void WriteBelow(StringBuilder text, ManifestNode value, int indent)
    {
        bool isBlock = value is ManifestNode.Mapping { Entries.Length: > 0 }
            || (value is ManifestNode.Sequence { Items.Length: > 0 } sequence && Flow(sequence) is null);
        if (!isBlock)
        {
            text.Append(' ').Append(Inline(value)).Append('\n');
            return;
        }

        int below = value is ManifestNode.Mapping ? indent + 2 : indent;
        text.Append('\n').Append(' ', below);
        WriteBlock(text, value, below);
    }

    private static string Inline(ManifestNode node) => node switch
    {
        ManifestNode.Scalar scalar => Word(scalar.Text, ScalarWords.IsText(scalar)),
        ManifestNode.Mapping => "{}",
        ManifestNode.Sequence sequence => Flow(sequence) ?? "[]",
        _ => throw Check.Unreachable(node),
    };

    /// <summary>A list of plain values in one line, or null when it is none or too long.</summary>
    private static string? Flow(ManifestNode.Sequence sequence)
    {
        if (sequence.Items.Any(item => item is not ManifestNode.Scalar))
        {
            return null;
        }

        string line = $"[{string.Join(", ", sequence.Items.Select(Inline))}]";
        return line.Length <= FlowCharsMax ? line : null;
    }

    private static string Word(string text, bool isText)
    {
        if (!isText)
        {
            return text.Length == 0 ? "null" : text;
        }

        return IsPlain(text) ? text : "\"" + JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text) + "\"";
    }

    /// <summary>True when the text without quotes can be nothing but text to any reader of YAML.</summary>
    private static bool IsPlain(string text) => IsAmount(text) || (
        text.Length > 0
        && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
        && text[^1] != ' '
        && text.All(c => char.IsAsciiLetterOrDigit(c)
            || c is '_' or '-' or '.' or '/' or '+' or ' ' or '@' or '=' or '(' or ')')
        && !_wordsOfYaml.Contains(text, StringComparer.OrdinalIgnoreCase));

    /// <summary>
    /// True for a number with its unit, as <c>64Mi</c>: it ends in a letter and is no hexadecimal number.
    /// </summary>
    private static bool IsAmount(string text) =>
        text.Length > 1
        && text[0] is >= '1' and <= '9'
        && char.IsAsciiLetter(text[^1])
        && text.All(char.IsAsciiLetterOrDigit);
}
