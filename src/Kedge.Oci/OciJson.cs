using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Oci;

/// <summary>
/// JSON of manifests and indexes. Written in one form, so that the same artifact has the same digest; read with every
/// bound, and never thrown at by the bytes: what cannot be read is a <see cref="KedgeException"/> with its code.
/// </summary>
public static class OciJson
{
    /// <summary>The bytes of a manifest.</summary>
    public static OciDocument Write(OciManifest manifest)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", OciMediaTypes.Manifest);
            json.WriteString("artifactType", manifest.ArtifactType);
            Descriptor(json, "config", manifest.Config);
            json.WriteStartArray("layers");
            foreach (OciDescriptor layer in manifest.Layers)
            {
                Descriptor(json, null, layer);
            }

            json.WriteEndArray();
            if (manifest.Subject is { } subject)
            {
                Descriptor(json, "subject", subject);
            }

            Annotations(json, manifest.Annotations);
            json.WriteEndObject();
        }

        return new OciDocument(OciMediaTypes.Manifest, bytes.WrittenMemory);
    }

    /// <summary>The bytes of an index.</summary>
    public static OciDocument WriteIndex(IEnumerable<OciDescriptor> manifests)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", OciMediaTypes.Index);
            json.WriteStartArray("manifests");
            foreach (OciDescriptor manifest in manifests)
            {
                Descriptor(json, null, manifest);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new OciDocument(OciMediaTypes.Index, bytes.WrittenMemory);
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="KedgeException">It is none (KEDGE-OCI-008).</exception>
    public static OciManifest ReadManifest(ReadOnlyMemory<byte> bytes)
    {
        using JsonDocument document = Parse(bytes);
        JsonElement root = document.RootElement;
        Require(Text(root, "mediaType") is "" or OciMediaTypes.Manifest, "it has another media type");
        Require(root.TryGetProperty("config", out JsonElement config), "it has no config");
        return new OciManifest
        {
            ArtifactType = Text(root, "artifactType"),
            Config = ReadDescriptor(config),
            Layers = Descriptors(root, "layers", OciLimits.LayersMax),
            Subject = root.TryGetProperty("subject", out JsonElement subject) ? ReadDescriptor(subject) : null,
            Annotations = ReadAnnotations(root),
        };
    }

    /// <summary>Reads the entries of an index.</summary>
    /// <exception cref="KedgeException">It is none (KEDGE-OCI-008).</exception>
    public static ImmutableArray<OciDescriptor> ReadIndex(ReadOnlyMemory<byte> bytes)
    {
        using JsonDocument document = Parse(bytes);
        JsonElement root = document.RootElement;
        Require(Text(root, "mediaType") is "" or OciMediaTypes.Index, "it has another media type");
        return Descriptors(root, "manifests", OciLimits.IndexEntriesMax);
    }

    /// <summary>Parses JSON that must be an object.</summary>
    /// <exception cref="KedgeException">It is none (KEDGE-OCI-008).</exception>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            JsonDocument document =
                JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = OciLimits.JsonDepthMax });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException exception)
        {
            throw new KedgeException(OciErrors.Manifest, exception.Message, exception);
        }

        throw new KedgeException(OciErrors.Manifest, "it is no JSON object");
    }

    /// <summary>A text of an object; empty when it is not there or no text.</summary>
    internal static string Text(JsonElement from, string name, int charsMax = OciLimits.AnnotationCharsMax)
    {
        if (from.ValueKind != JsonValueKind.Object
            || !from.TryGetProperty(name, out JsonElement value)
            || value.ValueKind != JsonValueKind.String)
        {
            return "";
        }

        string text = StringOf(value);
        Require(text.Length <= charsMax, $"'{name}' has more than {charsMax} characters");
        return text;
    }

    private static string StringOf(JsonElement value)
    {
        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException exception)
        {
            // The reader's way of saying that a text is half of a surrogate pair.
            throw new KedgeException(OciErrors.Manifest, "a text is not valid Unicode", exception);
        }
    }

    private static ImmutableArray<OciDescriptor> Descriptors(JsonElement from, string name, int countMax)
    {
        if (!from.TryGetProperty(name, out JsonElement list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        Require(list.ValueKind == JsonValueKind.Array, $"'{name}' is no list");
        Require(list.GetArrayLength() <= countMax, $"'{name}' has more than {countMax} entries");
        return [.. list.EnumerateArray().Select(ReadDescriptor)];
    }

    private static OciDescriptor ReadDescriptor(JsonElement from)
    {
        Require(from.ValueKind == JsonValueKind.Object, "a descriptor is no object");
        string mediaType = Text(from, "mediaType", OciLimits.MediaTypeCharsMax);
        Require(mediaType.Length > 0, "a descriptor has no media type");
        Require(Digest.TryParse(Text(from, "digest"), out Digest digest), "a descriptor has no SHA-256 digest");
        Require(
            from.TryGetProperty("size", out JsonElement size)
                && size.ValueKind == JsonValueKind.Number
                && size.TryGetInt64(out long bytes)
                && bytes >= 0,
            "a descriptor has no size");
        return new OciDescriptor
        {
            MediaType = mediaType,
            Digest = digest,
            Bytes = size.GetInt64(),
            ArtifactType = Text(from, "artifactType", OciLimits.MediaTypeCharsMax),
            Annotations = ReadAnnotations(from),
        };
    }

    private static ImmutableSortedDictionary<string, string> ReadAnnotations(JsonElement from)
    {
        var read = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (!from.TryGetProperty("annotations", out JsonElement annotations)
            || annotations.ValueKind != JsonValueKind.Object)
        {
            return read.ToImmutable();
        }

        foreach (JsonProperty one in annotations.EnumerateObject())
        {
            Require(one.Value.ValueKind == JsonValueKind.String, "an annotation is no text");
            Require(read.Count < OciLimits.AnnotationsMax, $"it has more than {OciLimits.AnnotationsMax} annotations");
            string value = StringOf(one.Value);
            Require(
                one.Name.Length <= OciLimits.AnnotationCharsMax && value.Length <= OciLimits.AnnotationCharsMax,
                $"an annotation has more than {OciLimits.AnnotationCharsMax} characters");
            Require(read.TryAdd(one.Name, value), "an annotation stands twice");
        }

        return read.ToImmutable();
    }

    private static void Descriptor(Utf8JsonWriter json, string? name, OciDescriptor descriptor)
    {
        if (name is not null)
        {
            json.WritePropertyName(name);
        }

        json.WriteStartObject();
        json.WriteString("mediaType", descriptor.MediaType);
        json.WriteString("digest", descriptor.Digest.ToString());
        json.WriteNumber("size", descriptor.Bytes);
        if (descriptor.ArtifactType.Length > 0)
        {
            json.WriteString("artifactType", descriptor.ArtifactType);
        }

        Annotations(json, descriptor.Annotations);
        json.WriteEndObject();
    }

    private static void Annotations(Utf8JsonWriter json, ImmutableSortedDictionary<string, string> annotations)
    {
        if (annotations.IsEmpty)
        {
            return;
        }

        json.WriteStartObject("annotations");
        foreach ((string key, string value) in annotations)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new KedgeException(OciErrors.Manifest, otherwise);
        }
    }
}
