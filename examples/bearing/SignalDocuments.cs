using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Kedge.Examples.Bearing;

/// <summary>Signals as the documents that Kedge reads: the golden samples of a package, and requests of the Open
/// Inference Protocol.</summary>
public static class SignalDocuments
{
    /// <summary>Samples of the reference set.</summary>
    public const int GoldenSamples = 40;

    /// <summary>The part of the reference set that a model must name rightly before it may serve. Version 1 is a modest
    /// model, so the bar lies below what it reaches and far above what guessing does.</summary>
    public const double GoldenAgreementMin = 0.8;

    private const ulong GoldenSeed = 0x474F4C44;

    /// <summary>
    /// The reference set: signals of a test rig with their labels, the same for every version and seed.
    /// </summary>
    public static LabelledSignal[] Reference() =>
        new SignalGenerator(GoldenSeed, SignalRanges.Rig).Take(GoldenSamples);

    /// <summary>The golden file of the reference set, in UTF-8.</summary>
    public static byte[] GoldenFile()
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteNumber("minimumAgreement", GoldenAgreementMin);
        json.WriteNumber("relativeTolerance", 0.001);
        json.WriteNumber("absoluteTolerance", 0.00001);
        json.WriteStartArray("samples");
        foreach (LabelledSignal signal in Reference())
        {
            json.WriteStartObject();
            Inputs(json, signal);
            json.WriteStartArray("outputs");
            json.WriteStartObject();
            json.WriteString("name", "label");
            json.WriteStartArray("shape");
            json.WriteNumberValue(1);
            json.WriteEndArray();
            json.WriteString("datatype", "INT64");
            json.WriteStartArray("data");
            json.WriteNumberValue((int)signal.Condition);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>
    /// One inference request in UTF-8, whose id is <c>INDEX:LABEL</c> so that the answer can be judged.
    /// </summary>
    public static byte[] Request(LabelledSignal signal, int index)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteString("id", string.Create(CultureInfo.InvariantCulture, $"{index}:{(int)signal.Condition}"));
        Inputs(json, signal);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    private static void Inputs(Utf8JsonWriter json, LabelledSignal signal)
    {
        json.WriteStartArray("inputs");
        json.WriteStartObject();
        json.WriteString("name", "signal");
        json.WriteStartArray("shape");
        json.WriteNumberValue(1);
        json.WriteNumberValue(signal.Samples.Length);
        json.WriteEndArray();
        json.WriteString("datatype", "FP32");
        json.WriteStartArray("data");
        foreach (float sample in signal.Samples)
        {
            json.WriteNumberValue(sample);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
