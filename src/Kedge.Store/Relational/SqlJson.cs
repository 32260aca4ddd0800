using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Models;

namespace Kedge.Store.Relational;

/// <summary>The few columns and parameters that hold JSON of the store's own.</summary>
internal static class SqlJson
{
    public static ImmutableSortedDictionary<string, string> ReadLabels(string json)
    {
        if (json == "{}")
        {
            return LabelRules.None;
        }

        using JsonDocument document = JsonDocument.Parse(json);
        ImmutableSortedDictionary<string, string>.Builder labels = LabelRules.None.ToBuilder();
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            labels[property.Name] = property.Value.GetString() ?? "";
        }

        return labels.ToImmutable();
    }

    public static string WriteLabels(ImmutableSortedDictionary<string, string> labels) => Write(json =>
    {
        json.WriteStartObject();
        foreach ((string key, string value) in labels)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    });

    public static ImmutableArray<string> ReadTexts(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(item =>
        {
            Check.That(item.ValueKind == JsonValueKind.String);
            return item.GetString() ?? "";
        })];
    }

    public static string WriteTexts(IEnumerable<string> texts) => Write(json =>
    {
        json.WriteStartArray();
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    });

    public static string WriteChunks(IEnumerable<ChunkRef> chunks) => Write(json =>
    {
        json.WriteStartArray();
        foreach (ChunkRef chunk in chunks)
        {
            json.WriteStartObject();
            json.WriteString("d", chunk.Digest.ToString());
            json.WriteNumber("n", chunk.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
