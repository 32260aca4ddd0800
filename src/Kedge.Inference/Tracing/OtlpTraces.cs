using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Kedge.Inference.Control;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tracing;

/// <summary>
/// Writes traces as OpenTelemetry has them in JSON (OTLP 1, <c>ExportTraceServiceRequest</c>): one span for the request
/// and one below it for each of its parts, so that a collector takes a file of such lines as it is.
/// </summary>
public static class OtlpTraces
{
    private const int KindInternal = 1;
    private const int KindServer = 2;
    private const int StatusError = 2;

    /// <summary>One line without its end mark.</summary>
    /// <param name="instance">Which process said so: <c>service.instance.id</c>.</param>
    /// <param name="traces">One or more.</param>
    public static byte[] WriteLine(string instance, IReadOnlyList<ControlTrace> traces)
    {
        ArrayBufferWriter<byte> output = new();
        using Utf8JsonWriter writer = new(
            output, new JsonWriterOptions { Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartObject();
        writer.WriteStartArray("resourceSpans"u8);
        writer.WriteStartObject();
        writer.WriteStartObject("resource"u8);
        writer.WriteStartArray("attributes"u8);
        WriteAttribute(writer, "service.name", "kedge-serve");
        WriteAttribute(writer, "service.instance.id", instance);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartArray("scopeSpans"u8);
        writer.WriteStartObject();
        writer.WriteStartObject("scope"u8);
        writer.WriteString("name"u8, "kedge"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("spans"u8);
        foreach (ControlTrace trace in traces)
        {
            WriteRequest(writer, trace);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static void WriteRequest(Utf8JsonWriter writer, ControlTrace trace)
    {
        long end = trace.AtNs + trace.AcceptNs + trace.ParseNs + trace.QueueNs + trace.RunNs + trace.WriteNs;
        writer.WriteStartObject();
        WriteIds(writer, trace.Trace, trace.Span, trace.Parent ?? "");
        writer.WriteString("name"u8, $"infer {trace.Model}");
        WriteTimes(writer, KindServer, trace.AtNs, end);
        writer.WriteStartArray("attributes"u8);
        WriteAttribute(writer, "kedge.model", trace.Model);
        WriteAttribute(writer, "kedge.version", trace.Version);
        WriteAttribute(writer, "kedge.protocol", trace.Protocol);
        if (trace.Error is not null)
        {
            WriteAttribute(writer, "kedge.error", trace.Error);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("status"u8);
        if (trace.Error is not null)
        {
            writer.WriteNumber("code"u8, StatusError);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        long at = trace.AtNs;
        WritePart(writer, trace, "accept", 1, ref at, trace.AcceptNs);
        WritePart(writer, trace, "parse", 2, ref at, trace.ParseNs);
        WritePart(writer, trace, "queue", 3, ref at, trace.QueueNs);
        WritePart(writer, trace, "run", 4, ref at, trace.RunNs);
        WritePart(writer, trace, "write", 5, ref at, trace.WriteNs);
    }

    private static void WritePart(
        Utf8JsonWriter writer, ControlTrace trace, string name, uint part, ref long at, long tookNs)
    {
        // The ids of the parts follow from that of the request: they need not travel.
        ulong span = ulong.TryParse(
            trace.Span, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong own) ? own : 0;
        writer.WriteStartObject();
        WriteIds(
            writer, trace.Trace, (span + part).ToString("x16", CultureInfo.InvariantCulture), trace.Span);
        writer.WriteString("name"u8, name);
        WriteTimes(writer, KindInternal, at, at + tookNs);
        writer.WriteEndObject();
        at += tookNs;
    }

    private static void WriteIds(Utf8JsonWriter writer, string trace, string span, string parent)
    {
        writer.WriteString("traceId"u8, trace);
        writer.WriteString("spanId"u8, span);
        writer.WriteString("parentSpanId"u8, parent);
    }

    private static void WriteTimes(Utf8JsonWriter writer, int kind, long startNs, long endNs)
    {
        writer.WriteNumber("kind"u8, kind);
        writer.WriteString("startTimeUnixNano"u8, startNs.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("endTimeUnixNano"u8, endNs.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteAttribute(Utf8JsonWriter writer, string key, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("key"u8, key);
        writer.WriteStartObject("value"u8);
        writer.WriteString("stringValue"u8, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
