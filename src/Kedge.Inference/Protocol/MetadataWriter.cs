using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>Writes the small bodies of the protocol: metadata, health, errors.</summary>
public static class MetadataWriter
{
    /// <summary><c>GET /v2</c>: who answers, and what beyond the protocol it can do.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="version">Version of the program.</param>
    /// <param name="extensions">Names of the extensions, as Triton has them.</param>
    public static byte[] Server(string name, string version, IEnumerable<string> extensions) => Write(writer =>
    {
        writer.WriteString("name"u8, name);
        writer.WriteString("version"u8, version);
        writer.WriteStartArray("extensions"u8);
        foreach (string extension in extensions)
        {
            writer.WriteStringValue(extension);
        }

        writer.WriteEndArray();
    });

    /// <summary><c>GET /v2/models/NAME</c>: what the model takes and gives.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="versions">Every version of it that can be asked.</param>
    /// <param name="platform">What computes it.</param>
    /// <param name="signature">What it takes and gives.</param>
    public static byte[] Model(
        string name, IEnumerable<string> versions, string platform, ModelSignature signature) => Write(writer =>
    {
        writer.WriteString("name"u8, name);
        writer.WriteStartArray("versions"u8);
        foreach (string version in versions)
        {
            writer.WriteStringValue(version);
        }

        writer.WriteEndArray();
        writer.WriteString("platform"u8, platform);
        WriteTensors(writer, "inputs", signature.Inputs);
        WriteTensors(writer, "outputs", signature.Outputs);
    });

    /// <summary><c>{"live": true}</c>.</summary>
    public static byte[] Live() => Write(static writer => writer.WriteBoolean("live"u8, true));

    /// <summary><c>{"ready": ...}</c>.</summary>
    public static byte[] Ready(bool ready) => Write(writer => writer.WriteBoolean("ready"u8, ready));

    /// <summary><c>{"name": ..., "ready": ...}</c>.</summary>
    public static byte[] ModelReady(string name, bool ready = true) => Write(writer =>
    {
        writer.WriteString("name"u8, name);
        writer.WriteBoolean("ready"u8, ready);
    });

    /// <summary><c>{"error": "KEDGE-INFER-004: ..."}</c>.</summary>
    public static byte[] Error(Finding finding) => Write(writer =>
        writer.WriteString("error"u8, $"{finding.Code}: {finding.Message}"));

    /// <summary><c>GET /v2/models</c>: every model by its name, as KServe has it.</summary>
    public static byte[] Models(IEnumerable<string> names) => Write(writer =>
    {
        writer.WriteStartArray("models"u8);
        foreach (string name in names)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    });

    private static void WriteTensors(Utf8JsonWriter writer, string property, ImmutableArray<TensorSpec> specs)
    {
        writer.WriteStartArray(property);
        foreach (TensorSpec spec in specs)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, spec.Name);
            writer.WriteString("datatype"u8, TensorTypes.Name(spec.Type));
            writer.WriteStartArray("shape"u8);
            foreach (long dimension in spec.Shape)
            {
                writer.WriteNumberValue(dimension);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    internal static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        ArrayBufferWriter<byte> output = new();
        using Utf8JsonWriter writer = new(
            output, new JsonWriterOptions { Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartObject();
        fields(writer);
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
