using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kedge.Core.Manifests;

/// <summary>
/// Writes the tables of all kinds as one JSON Schema (draft 2020-12), for editors that complete and check manifests.
/// </summary>
public static class ManifestJsonSchema
{
    private const string NamePattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
    private const string WordPattern = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
    private const string DigestPattern = "sha256:[0-9a-f]{64}";
    private const string TagPattern = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}";

    /// <summary>The schema as JSON text, ending in a line feed.</summary>
    public static string Write()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            WriteRoot(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan).ReplaceLineEndings("\n") + "\n";
    }

    private static void WriteRoot(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("$id", "https://kedge.dev/schema/kedge.dev_v1.schema.json");
        json.WriteString("title", "A manifest of Kedge");
        json.WriteStartArray("oneOf");
        foreach (KindSchema kind in ManifestKinds.All)
        {
            json.WriteStartObject();
            json.WriteString("$ref", "#/$defs/" + kind.Kind);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("$defs");
        foreach (KindSchema kind in ManifestKinds.All)
        {
            json.WriteStartObject(kind.Kind);
            WriteField(json, kind.Root);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, FieldSchema field)
    {
        json.WriteString("description", field.Description.Replace("`", "", StringComparison.Ordinal));
        switch (field.Shape)
        {
            case FieldShape.Object:
                WriteObject(json, field);
                break;
            case FieldShape.List:
                json.WriteString("type", "array");
                json.WriteNumber("minItems", field.Min);
                json.WriteNumber("maxItems", field.Max);
                json.WriteStartObject("items");
                WriteField(json, field.Item!); // every list in the tables has one, which a test walks
                json.WriteEndObject();
                break;
            case FieldShape.Labels:
            case FieldShape.Tags:
                WriteMap(json, field);
                break;
            case FieldShape.Ignored:
                break;
            default:
                WriteScalar(json, field);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter json, FieldSchema field)
    {
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartArray("required");
        foreach (FieldSchema required in field.Fields.Where(child => child.IsRequired))
        {
            json.WriteStringValue(required.Name);
        }

        json.WriteEndArray();
        json.WriteStartObject("properties");
        foreach (FieldSchema child in field.Fields)
        {
            json.WriteStartObject(child.Name);
            WriteField(json, child);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter json, FieldSchema field)
    {
        bool isTags = field.Shape == FieldShape.Tags;
        json.WriteString("type", "object");
        json.WriteNumber("maxProperties", field.Max);
        json.WriteStartObject("propertyNames");
        json.WriteString("pattern", isTags ? $"^{TagPattern}$" : $"^([a-z0-9.-]{{1,253}}/)?{WordPattern}$");
        json.WriteEndObject();
        json.WriteStartObject("additionalProperties");
        json.WriteString("type", "string");
        json.WriteString("pattern", isTags ? $"^{DigestPattern}$" : $"^({WordPattern})?$");
        json.WriteEndObject();
    }

    private static void WriteScalar(Utf8JsonWriter json, FieldSchema field)
    {
        switch (field.Shape)
        {
            case FieldShape.Integer:
                json.WriteString("type", "integer");
                json.WriteNumber("minimum", field.Min);
                json.WriteNumber("maximum", field.Max);
                break;
            case FieldShape.Boolean:
                json.WriteString("type", "boolean");
                break;
            case FieldShape.Word:
                json.WriteStartArray("enum");
                foreach (string word in field.Words)
                {
                    json.WriteStringValue(word);
                }

                json.WriteEndArray();
                break;
            case FieldShape.Text:
                json.WriteString("type", "string");
                json.WriteNumber("minLength", field.Min);
                json.WriteNumber("maxLength", field.Max);
                break;
            default:
                WriteTypes(json, field.Shape);
                json.WriteString("pattern", Pattern(field));
                break;
        }

        WriteDefault(json, field);
    }

    private static void WriteTypes(Utf8JsonWriter json, FieldShape shape)
    {
        if (shape is not (FieldShape.Memory or FieldShape.Cpu or FieldShape.CpuSet or FieldShape.DeviceAmount
            or FieldShape.Ratio or FieldShape.Decimal))
        {
            json.WriteString("type", "string");
            return;
        }

        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("number");
        json.WriteEndArray();
    }

    private static string Pattern(FieldSchema field) => field.Shape switch
    {
        FieldShape.Name => NamePattern,
        FieldShape.Memory => @"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$",
        FieldShape.Cpu => @"^[0-9]+(\.[0-9]+)?m?$",
        FieldShape.Duration => "^([0-9]+[smhd])+$",
        FieldShape.DeviceAmount => "^([1-9][0-9]{0,6}|([1-9][0-9]?|100)%)$",
        FieldShape.Share => @"^[0-9]+(\.[0-9]+)?%$",
        FieldShape.Ratio => @"^[0-9]+(\.[0-9]+)?$",
        FieldShape.Decimal => @"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
        FieldShape.Latency => @"^[0-9]+(\.[0-9]+)?(us|ms|s)$",
        FieldShape.TimeOfDay => "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        FieldShape.Instant => "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        FieldShape.CpuSet => "^(auto|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)$",
        FieldShape.Package => $"^({DigestPattern}|{NamePattern.Trim('^', '$')}(:{TagPattern}|@{DigestPattern})?)$",
        FieldShape.Tag => $"^{TagPattern}$",
        FieldShape.LabelKey => $"^([a-z0-9.-]{{1,253}}/)?{WordPattern}$",
        FieldShape.LabelValue => $"^({WordPattern})?$",
        FieldShape.Digest => $"^{DigestPattern}$",
        FieldShape.PublicKey => "^[A-Za-z0-9+/]+=*$",
        FieldShape.ModelPattern => @"^[a-z0-9-]{0,63}\*?$",
        _ => throw Check.Unreachable(field.Shape),
    };

    private static void WriteDefault(Utf8JsonWriter json, FieldSchema field)
    {
        if (field.Default.Length == 0)
        {
            return;
        }

        json.WritePropertyName("default");
        if (field.Shape is FieldShape.Integer or FieldShape.Boolean)
        {
            json.WriteRawValue(field.Default);
        }
        else
        {
            json.WriteStringValue(field.Default);
        }
    }
}
