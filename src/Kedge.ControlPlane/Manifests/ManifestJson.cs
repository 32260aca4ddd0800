using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Manifests;

namespace Kedge.ControlPlane.Manifests;

/// <summary>
/// Manifests as JSON: what the interface answers and what the store keeps. The same tree as YAML gives.
/// </summary>
public static class ManifestJson
{
    /// <summary>Writes a tree as JSON text.</summary>
    public static string Write(ManifestNode node)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            Write(json, node);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes a tree as a JSON value.</summary>
    public static void Write(Utf8JsonWriter json, ManifestNode node) =>
        ManifestTree.WriteJson(json, node, static (to, scalar) =>
        {
            if (scalar.IsQuoted)
            {
                to.WriteStringValue(scalar.Text);
            }
            else
            {
                WritePlain(to, scalar.Text);
            }
        });

    /// <summary>Reads JSON as a tree without places. The depth is bounded by whoever parsed the JSON.</summary>
    public static ManifestNode Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new ManifestNode.Mapping(
            [.. json.EnumerateObject().Select(p => new ManifestEntry(p.Name, 0, Read(p.Value)))]),
        JsonValueKind.Array => new ManifestNode.Sequence([.. json.EnumerateArray().Select(Read)]),
        JsonValueKind.String => new ManifestNode.Scalar(json.GetString() ?? "", quoted: true),
        _ => new ManifestNode.Scalar(json.GetRawText(), quoted: false),
    };

    /// <summary>Every value of a tree by its path, as <c>spec.models[0].package</c>.</summary>
    public static ImmutableSortedDictionary<string, string> Flatten(ManifestNode node)
    {
        ImmutableSortedDictionary<string, string>.Builder values =
            ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        Flatten(node, "", values);
        return values.ToImmutable();
    }

    private static void Flatten(
        ManifestNode node, string path, ImmutableSortedDictionary<string, string>.Builder values)
    {
        switch (node)
        {
            case ManifestNode.Scalar scalar:
                values[path] = scalar.Text;
                break;
            case ManifestNode.Mapping mapping:
                foreach (ManifestEntry entry in mapping.Entries)
                {
                    Flatten(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", values);
                }

                break;
            case ManifestNode.Sequence sequence:
                for (int index = 0; index < sequence.Items.Length; index++)
                {
                    Flatten(
                        sequence.Items[index],
                        string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"),
                        values);
                }

                break;
            default:
                throw Check.Unreachable(node);
        }
    }

    private static void WritePlain(Utf8JsonWriter json, string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            json.WriteNumberValue(number);
        }
        else if (text is "true" or "false")
        {
            json.WriteBooleanValue(text == "true");
        }
        else
        {
            json.WriteStringValue(text);
        }
    }
}
