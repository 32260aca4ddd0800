using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Logging;
using Kedge.Inference.Protocol;
using Kedge.Inference.Tracing;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Messages of Triton's trace and logging extensions. What is to be changed is turned into the JSON of REST, so that
/// one reader decides what is taken and with which error.
/// </summary>
public static class GrpcSettings
{
    private const int SettingsField = 1;
    private const int ModelField = 2;
    private const int KeyField = 1;
    private const int ValueField = 2;
    private const int FlagChoice = 1;
    private const int NumberChoice = 2;
    private const int TextChoice = 3;

    /// <summary>Reads <c>TraceSettingRequest</c>.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="model">Whose settings; empty for those of all.</param>
    /// <param name="change">What is to be changed, as JSON; null when nothing is.</param>
    public static Finding? ReadTrace(ReadOnlySpan<byte> message, out string model, out byte[]? change)
    {
        model = "";
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            if (reader.Is(ModelField, WireKind.Bytes))
            {
                if (reader.Bytes.Length > InferenceLimits.NameBytesMax || !Utf8.IsValid(reader.Bytes))
                {
                    change = null;
                    return InferErrors.MessageInvalid.At("'model_name' must be UTF-8 of at most 512 bytes.");
                }

                model = Encoding.UTF8.GetString(reader.Bytes);
            }
        }

        return ReadSettings(message, isTrace: true, out change);
    }

    /// <summary>Reads <c>LogSettingsRequest</c>.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="change">What is to be changed, as JSON; null when nothing is.</param>
    public static Finding? ReadLog(ReadOnlySpan<byte> message, out byte[]? change) =>
        ReadSettings(message, isTrace: false, out change);

    /// <summary>Writes <c>TraceSettingResponse</c>.</summary>
    public static byte[] WriteTrace(TraceSetting setting) => GrpcMessages.Write(writer =>
    {
        WriteWords(writer, "trace_file", "");
        WriteWords(writer, "trace_level", setting.IsOn ? "TIMESTAMPS" : "OFF");
        WriteWords(writer, "trace_rate", setting.Rate.ToString(CultureInfo.InvariantCulture));
        WriteWords(writer, "trace_count", setting.Count.ToString(CultureInfo.InvariantCulture));
        WriteWords(writer, "log_frequency", setting.LogFrequency.ToString(CultureInfo.InvariantCulture));
        WriteWords(writer, "trace_mode", "opentelemetry");
    });

    /// <summary>Writes <c>LogSettingsResponse</c>.</summary>
    public static byte[] WriteLog(LogSetting setting) => GrpcMessages.Write(writer =>
    {
        WriteText(writer, "log_file", "");
        WriteNumber(writer, "log_info", FlagChoice, setting.Info ? 1u : 0u);
        WriteNumber(writer, "log_warnings", FlagChoice, setting.Warnings ? 1u : 0u);
        WriteNumber(writer, "log_errors", FlagChoice, setting.Errors ? 1u : 0u);
        WriteNumber(writer, "log_verbose_level", NumberChoice, (uint)setting.VerboseLevel);
        WriteText(writer, "log_format", setting.IsIso ? "ISO8601" : "default");
        WriteNumber(writer, "log_access_every", NumberChoice, (uint)setting.AccessEvery);
    });

    private static Finding? ReadSettings(ReadOnlySpan<byte> message, bool isTrace, out byte[]? change)
    {
        change = null;
        bool isEmpty = true;
        ArrayBufferWriter<byte> body = new();
        using Utf8JsonWriter json = new(
            body, new JsonWriterOptions { SkipValidation = true, Encoder = InferenceResponseWriter.RelaxedText });
        json.WriteStartObject();
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            if (!reader.Is(SettingsField, WireKind.Bytes))
            {
                continue;
            }

            isEmpty = false;
            if (!TryReadEntry(reader.Bytes, json, isTrace))
            {
                return InferErrors.MessageInvalid.At("The settings are no map of protobuf with texts in UTF-8.");
            }
        }

        json.WriteEndObject();
        json.Flush();
        change = isEmpty ? null : body.WrittenSpan.ToArray();
        return reader.IsBroken ? GrpcRequestReader.NoMessage() : null;
    }

    private static bool TryReadEntry(ReadOnlySpan<byte> entry, Utf8JsonWriter json, bool isTrace)
    {
        ReadOnlySpan<byte> key = [];
        ReadOnlySpan<byte> value = [];
        WireReader reader = new(entry);
        while (reader.TryNext())
        {
            key = reader.Is(KeyField, WireKind.Bytes) ? reader.Bytes : key;
            value = reader.Is(ValueField, WireKind.Bytes) ? reader.Bytes : value;
        }

        if (reader.IsBroken || !Utf8.IsValid(key))
        {
            return false;
        }

        json.WritePropertyName(key);
        return isTrace ? TryReadWords(value, json) : TryReadChoice(value, json);
    }

    /// <summary>No value sets back, one is a text, several are a list.</summary>
    private static bool TryReadWords(ReadOnlySpan<byte> value, Utf8JsonWriter json)
    {
        int count = 0;
        WireReader counter = new(value);
        while (counter.TryNext())
        {
            count += counter.Is(1, WireKind.Bytes) ? 1 : 0;
        }

        if (counter.IsBroken)
        {
            return false;
        }

        if (count == 0)
        {
            json.WriteNullValue();
            return true;
        }

        if (count > 1)
        {
            json.WriteStartArray();
        }

        WireReader reader = new(value);
        while (reader.TryNext())
        {
            if (reader.Is(1, WireKind.Bytes))
            {
                if (!Utf8.IsValid(reader.Bytes))
                {
                    return false;
                }

                json.WriteStringValue(reader.Bytes);
            }
        }

        if (count > 1)
        {
            json.WriteEndArray();
        }

        return true;
    }

    private static bool TryReadChoice(ReadOnlySpan<byte> value, Utf8JsonWriter json)
    {
        int choice = 0;
        ulong number = 0;
        ReadOnlySpan<byte> text = [];
        WireReader reader = new(value);
        while (reader.TryNext())
        {
            bool isText = reader.Is(TextChoice, WireKind.Bytes);
            if (isText || reader.Is(FlagChoice, WireKind.Varint) || reader.Is(NumberChoice, WireKind.Varint))
            {
                choice = reader.Field;
                number = isText ? 0 : reader.Number;
                text = isText ? reader.Bytes : [];
            }
        }

        if (reader.IsBroken || !Utf8.IsValid(text))
        {
            return false;
        }

        switch (choice)
        {
            case FlagChoice:
                json.WriteBooleanValue(number != 0);
                break;
            case NumberChoice:
                json.WriteNumberValue((uint)number);
                break;
            case TextChoice:
                json.WriteStringValue(text);
                break;
            default:
                json.WriteNullValue();
                break;
        }

        return true;
    }

    private static void WriteWords(WireWriter writer, string key, string word) => WriteEntry(
        writer, key, value => value.Bytes(1, Encoding.UTF8.GetBytes(word)));

    private static void WriteText(WireWriter writer, string key, string text) => WriteEntry(
        writer, key, value => value.Bytes(TextChoice, Encoding.UTF8.GetBytes(text)));

    private static void WriteNumber(WireWriter writer, string key, int choice, uint number) => WriteEntry(
        writer, key, value => value.Choice(choice, number));

    private static void WriteEntry(WireWriter writer, string key, Action<WireWriter> value) => writer.Bytes(
        SettingsField,
        GrpcMessages.Write(entry =>
        {
            GrpcMessages.Text(entry, KeyField, key);
            entry.Bytes(ValueField, GrpcMessages.Write(value));
        }));
}
