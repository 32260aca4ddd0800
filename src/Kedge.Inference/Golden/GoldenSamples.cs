using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>One golden sample.</summary>
/// <param name="Inputs">Every input of the model.</param>
/// <param name="Outputs">What must come out; outputs that are not listed are not looked at.</param>
public sealed record GoldenSample(ImmutableArray<Tensor> Inputs, ImmutableArray<Tensor> Outputs);

/// <summary>
/// The content of golden.json: inputs and what a right model makes of them. A version is let out of its preflight only
/// when enough samples agree.
/// </summary>
public sealed record GoldenSamples
{
    /// <summary>The schema that this version reads and writes.</summary>
    public const int Schema = 1;

    /// <summary>Fraction of samples that must agree: above 0, at most 1.</summary>
    public required double MinimumAgreement { get; init; }

    /// <summary>Allowed difference of a floating-point output relative to the expected value: 0 or more.</summary>
    public required double RelativeTolerance { get; init; }

    /// <summary>Allowed difference of a floating-point output: 0 or more. Both tolerances add up.</summary>
    public required double AbsoluteTolerance { get; init; }

    /// <summary>The samples: 1..<see cref="InferenceLimits.GoldenSamplesMax"/>.</summary>
    public required ImmutableArray<GoldenSample> Samples { get; init; }

    /// <summary>Samples that must agree: the fraction of all, rounded up.</summary>
    public int Needed => (int)Math.Ceiling((MinimumAgreement * Samples.Length) - 1e-9);

    /// <summary>The same samples, judged as a variant's own tolerance says; null changes nothing.</summary>
    public GoldenSamples Within(GoldenTolerance? tolerance) => tolerance is null ? this : this with
    {
        AbsoluteTolerance = tolerance.Absolute,
        RelativeTolerance = tolerance.Relative,
        MinimumAgreement = tolerance.MinimumAgreement,
    };

    /// <summary>Body of the inference request for one sample: asks for the outputs that the sample lists.</summary>
    public byte[] RequestBody(int sample) => InferenceClient.WriteRequest(
        Samples[sample].Inputs, Samples[sample].Outputs.Select(static output => output.Name));

    /// <summary>Writes golden.json.</summary>
    public byte[] ToJson()
    {
        ArrayBufferWriter<byte> body = new();
        using Utf8JsonWriter writer = new(
            body, new JsonWriterOptions { SkipValidation = true, Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartObject();
        writer.WriteNumber("schema"u8, Schema);
        writer.WriteNumber("minimumAgreement"u8, MinimumAgreement);
        writer.WriteNumber("relativeTolerance"u8, RelativeTolerance);
        writer.WriteNumber("absoluteTolerance"u8, AbsoluteTolerance);
        writer.WriteStartArray("samples"u8);
        foreach (GoldenSample sample in Samples)
        {
            writer.WriteStartObject();
            InferenceClient.WriteTensors(writer, "inputs", sample.Inputs);
            InferenceClient.WriteTensors(writer, "outputs", sample.Outputs);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenSpan.ToArray();
    }

    /// <summary>Reads golden.json; false with what is wrong.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out GoldenSamples? samples,
        [NotNullWhen(false)] out Finding? fault)
    {
        samples = null;
        try
        {
            fault = json.Length > InferenceLimits.GoldenBytesMax
                ? InferErrors.GoldenInvalid.At("The file is larger than 128 MiB.")
                : GoldenReader.Read(json, out samples);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            fault = InferErrors.GoldenInvalid.At(failure.Message);
        }

        return fault is null && samples is not null;
    }
}
