using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Logging;

/// <summary>
/// What a server logs, in the words of Triton's logging extension. Where it logs is not to be changed.
/// </summary>
public sealed record LogSetting
{
    /// <summary><c>log_info</c>.</summary>
    public bool Info { get; init; } = true;

    /// <summary><c>log_warnings</c>.</summary>
    public bool Warnings { get; init; } = true;

    /// <summary><c>log_errors</c>.</summary>
    public bool Errors { get; init; } = true;

    /// <summary><c>log_verbose_level</c>: 1 or more logs every request.</summary>
    public int VerboseLevel { get; init; }

    /// <summary><c>log_format</c>: true for <c>ISO8601</c>, false for <c>default</c>, which is Triton's.</summary>
    public bool IsIso { get; init; } = true;

    /// <summary><c>log_access_every</c>, our own: of so many requests one is logged; 0 for none.</summary>
    public int AccessEvery { get; init; }

    /// <summary>The settings as JSON.</summary>
    public byte[] Write() => MetadataWriter.Write(writer =>
    {
        writer.WriteString("log_file"u8, ""u8);
        writer.WriteBoolean("log_info"u8, Info);
        writer.WriteBoolean("log_warnings"u8, Warnings);
        writer.WriteBoolean("log_errors"u8, Errors);
        writer.WriteNumber("log_verbose_level"u8, VerboseLevel);
        writer.WriteString("log_format"u8, IsIso ? "ISO8601"u8 : "default"u8);
        writer.WriteNumber("log_access_every"u8, AccessEvery);
    });

    /// <summary>These settings with what a body names changed.</summary>
    /// <param name="body">A JSON object.</param>
    /// <param name="changed">The new settings; these where something is wrong.</param>
    /// <returns>Null, or what is wrong.</returns>
    public Finding? Change(ReadOnlySpan<byte> body, out LogSetting changed)
    {
        changed = this;
        try
        {
            Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = InferenceLimits.JsonDepthMax });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object || reader.Read())
            {
                return InferErrors.RequestInvalid.At("The body must be one JSON object.");
            }

            LogSetting setting = this;
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (Apply(setting, property) is not { } next)
                {
                    return InferErrors.SettingInvalid.At($"'{property.Name}' is not taken.");
                }

                setting = next;
            }

            changed = setting;
            return null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return InferErrors.JsonInvalid.At(failure.Message);
        }
    }

    private static LogSetting? Apply(LogSetting setting, JsonProperty property)
    {
        JsonElement value = property.Value;
        bool isFlag = value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        bool isOn = value.ValueKind == JsonValueKind.True;
        int number = 0;
        bool isNumber = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number) && number >= 0;
        string text = value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "?";
        return property.Name switch
        {
            "log_info" when isFlag => setting with { Info = isOn },
            "log_warnings" when isFlag => setting with { Warnings = isOn },
            "log_errors" when isFlag => setting with { Errors = isOn },
            "log_verbose_level" when isNumber => setting with { VerboseLevel = number },
            "log_access_every" when isNumber => setting with { AccessEvery = number },
            "log_format" when text is "ISO8601" or "default" => setting with { IsIso = text == "ISO8601" },
            "log_file" when text.Length == 0 => setting,
            _ => null,
        };
    }
}
