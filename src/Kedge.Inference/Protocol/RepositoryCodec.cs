using System.Buffers;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Protocol;

/// <summary>Bodies of Triton's model repository extension.</summary>
public static class RepositoryCodec
{
    internal const string FilesRefused = "A model is loaded from its package; 'config' and files are not taken.";

    /// <summary>The answer to <c>POST /v2/repository/index</c>.</summary>
    public static byte[] WriteIndex(IEnumerable<RepositoryEntry> entries)
    {
        ArrayBufferWriter<byte> output = new();
        using Utf8JsonWriter writer = new(
            output, new JsonWriterOptions { Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartArray();
        foreach (RepositoryEntry entry in entries)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, entry.Name);
            writer.WriteString("version"u8, entry.Version);
            writer.WriteString("state"u8, entry.State);
            writer.WriteString("reason"u8, entry.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads the body of an index request, which may be empty.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="onlyReady">True when only models that can be asked are wanted.</param>
    public static Finding? ReadIndex(ReadOnlySpan<byte> body, out bool onlyReady) =>
        ReadFlag(body, "ready", inParameters: false, out onlyReady);

    /// <summary>Reads the body of an unload request, which may be empty.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="dependents">True when models that came along with this one go too.</param>
    public static Finding? ReadUnload(ReadOnlySpan<byte> body, out bool dependents) =>
        ReadFlag(body, "unload_dependents", inParameters: true, out dependents);

    /// <summary>
    /// Reads the body of a load request, which may be empty. A model comes from its package and from nowhere else: a
    /// request that brings files or a configuration is refused.
    /// </summary>
    public static Finding? ReadLoad(ReadOnlySpan<byte> body)
    {
        Finding? fault = ReadFlag(body, "config", inParameters: true, out _);
        return fault ?? (body.IsEmpty || !HasParameters(body)
            ? null
            : InferErrors.ParameterInvalid.At(FilesRefused));
    }

    private static bool HasParameters(ReadOnlySpan<byte> body)
    {
        Utf8JsonReader reader = new(body);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.TryGetProperty("parameters"u8, out JsonElement parameters)
            && parameters.ValueKind == JsonValueKind.Object
            && parameters.EnumerateObject().Any(static p =>
                p.Name == "config" || p.Name.StartsWith("file:", StringComparison.Ordinal));
    }

    private static Finding? ReadFlag(ReadOnlySpan<byte> body, string name, bool inParameters, out bool value)
    {
        value = false;
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(
                body, new JsonReaderOptions { MaxDepth = InferenceLimits.JsonDepthMax });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement holder = document.RootElement;
            if (holder.ValueKind != JsonValueKind.Object || reader.Read())
            {
                return InferErrors.RequestInvalid.At("The body must be one JSON object.");
            }

            if (inParameters && !holder.TryGetProperty("parameters"u8, out holder))
            {
                return null;
            }

            value = holder.ValueKind == JsonValueKind.Object
                && holder.TryGetProperty(name, out JsonElement flag)
                && flag.ValueKind == JsonValueKind.True;
            return null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return InferErrors.JsonInvalid.At(failure.Message);
        }
    }
}
