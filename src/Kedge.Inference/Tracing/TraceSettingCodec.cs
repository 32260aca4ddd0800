using System.Globalization;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tracing;

/// <summary>
/// The JSON of Triton's trace extension: numbers as strings, levels as a list. A setting given as null goes back to
/// what it was without it.
/// </summary>
internal static class TraceSettingCodec
{
    internal static byte[] Write(TraceSetting setting) => MetadataWriter.Write(writer =>
    {
        writer.WriteString("trace_file"u8, ""u8);
        writer.WriteStartArray("trace_level"u8);
        writer.WriteStringValue(setting.IsOn ? "TIMESTAMPS"u8 : "OFF"u8);
        writer.WriteEndArray();
        writer.WriteString("trace_rate"u8, Text(setting.Rate));
        writer.WriteString("trace_count"u8, Text(setting.Count));
        writer.WriteString("log_frequency"u8, Text(setting.LogFrequency));
        writer.WriteString("trace_mode"u8, "opentelemetry"u8);
    });

    /// <summary>Reads a body over what there is.</summary>
    /// <param name="body">A JSON object, or nothing.</param>
    /// <param name="old">What stays where the body says nothing.</param>
    /// <param name="unset">What counts where the body says null.</param>
    /// <param name="setting">The new setting.</param>
    /// <param name="isEmpty">True when the body names none.</param>
    internal static Finding? Read(
        ReadOnlySpan<byte> body, TraceSetting old, TraceSetting unset, out TraceSetting setting, out bool isEmpty)
    {
        setting = old;
        isEmpty = true;
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = InferenceLimits.JsonDepthMax });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object || reader.Read())
            {
                return InferErrors.RequestInvalid.At("The body must be one JSON object.");
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                isEmpty = false;
                TraceSetting? next = Apply(setting, unset, property);
                if (next is null)
                {
                    return InferErrors.SettingInvalid.At($"'{property.Name}' is not taken.");
                }

                setting = next;
            }

            return null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return InferErrors.JsonInvalid.At(failure.Message);
        }
    }

    private static TraceSetting? Apply(TraceSetting setting, TraceSetting unset, JsonProperty property)
    {
        bool isNull = property.Value.ValueKind == JsonValueKind.Null;
        switch (property.Name)
        {
            case "trace_level":
                return isNull ? setting with { IsOn = unset.IsOn } : ApplyLevels(setting, property.Value);
            case "trace_rate" when isNull:
                return setting with { Rate = unset.Rate };
            case "trace_rate" when TryNumber(property.Value, 1, int.MaxValue, out long rate):
                return setting with { Rate = (int)rate };
            case "trace_count" when isNull:
                return setting with { Count = unset.Count };
            case "trace_count" when TryNumber(property.Value, -1, long.MaxValue, out long count):
                return setting with { Count = count };
            case "log_frequency" when isNull:
                return setting with { LogFrequency = unset.LogFrequency };
            case "log_frequency" when TryNumber(property.Value, 0, int.MaxValue, out long frequency):
                return setting with { LogFrequency = (int)frequency };

            // Where traces go is the device's own choice; what is named must be what is.
            case "trace_file" when isNull || Is(property.Value, ""):
            case "trace_mode" when isNull || Is(property.Value, "opentelemetry"):
                return setting;
            default:
                return null;
        }
    }

    /// <summary>What a request carries is nobody's to see: there is no level that tells tensors.</summary>
    private static TraceSetting? ApplyLevels(TraceSetting setting, JsonElement levels)
    {
        bool isOn = false;
        IEnumerable<JsonElement> all = levels.ValueKind == JsonValueKind.Array ? levels.EnumerateArray() : [levels];
        foreach (JsonElement level in all)
        {
            if (!Is(level, "OFF") && !Is(level, "TIMESTAMPS"))
            {
                return null;
            }

            isOn |= Is(level, "TIMESTAMPS");
        }

        return setting with { IsOn = isOn };
    }

    private static bool Is(JsonElement value, string text) =>
        value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static bool TryNumber(JsonElement value, long least, long most, out long number)
    {
        number = 0;
        bool isRead = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetInt64(out number),
            JsonValueKind.String => long.TryParse(
                value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number),
            _ => false,
        };
        return isRead && number >= least && number <= most;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
