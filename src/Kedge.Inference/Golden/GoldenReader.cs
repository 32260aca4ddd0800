using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>Reads golden.json. Unknown fields are skipped; every known one is needed but the tolerances.</summary>
internal static class GoldenReader
{
    private const double DefaultMinimumAgreement = 1;
    private const double DefaultRelativeTolerance = 1e-3;
    private const double DefaultAbsoluteTolerance = 1e-5;

    internal static Finding? Read(ReadOnlySpan<byte> json, out GoldenSamples? samples)
    {
        samples = null;
        JsonCursor cursor = new(json);
        double schema = 0;
        double agreement = DefaultMinimumAgreement;
        double relative = DefaultRelativeTolerance;
        double absolute = DefaultAbsoluteTolerance;
        ImmutableArray<GoldenSample>.Builder read = ImmutableArray.CreateBuilder<GoldenSample>();
        if (!cursor.Reader.Read() || cursor.Reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.GoldenInvalid.At("It is no JSON object.");
        }

        while (cursor.Reader.Read() && cursor.Reader.TokenType == JsonTokenType.PropertyName)
        {
            string property = cursor.Reader.GetString() ?? "";
            cursor.Reader.Read();
            Finding? fault = property switch
            {
                "schema" => ReadNumber(ref cursor, property, ref schema),
                "minimumAgreement" => ReadNumber(ref cursor, property, ref agreement),
                "relativeTolerance" => ReadNumber(ref cursor, property, ref relative),
                "absoluteTolerance" => ReadNumber(ref cursor, property, ref absolute),
                "samples" => ReadSamples(ref cursor, read),
                _ => Skip(ref cursor),
            };
            if (fault is not null)
            {
                return fault;
            }
        }

        if (schema != GoldenSamples.Schema)
        {
            return InferErrors.GoldenInvalid.At("'schema' must be 1.");
        }

        if (!(agreement is > 0 and <= 1) || !(relative >= 0) || !(absolute >= 0) || read.Count == 0)
        {
            return InferErrors.GoldenInvalid.At(
                "'minimumAgreement' must be above 0 and at most 1, tolerances 0 or more, 'samples' not empty.");
        }

        samples = new GoldenSamples
        {
            MinimumAgreement = agreement,
            RelativeTolerance = relative,
            AbsoluteTolerance = absolute,
            Samples = read.ToImmutable(),
        };
        return null;
    }

    private static Finding? ReadNumber(ref JsonCursor cursor, string property, ref double value) =>
        cursor.Reader.TokenType == JsonTokenType.Number && cursor.Reader.TryGetDouble(out value)
            ? null
            : InferErrors.GoldenInvalid.At($"'{property}' must be a number.");

    private static Finding? Skip(ref JsonCursor cursor)
    {
        cursor.Reader.Skip();
        return null;
    }

    private static Finding? ReadSamples(ref JsonCursor cursor, ImmutableArray<GoldenSample>.Builder samples)
    {
        if (cursor.Reader.TokenType != JsonTokenType.StartArray)
        {
            return InferErrors.GoldenInvalid.At("'samples' must be a list.");
        }

        while (cursor.Reader.Read() && cursor.Reader.TokenType != JsonTokenType.EndArray)
        {
            Finding? fault = samples.Count == InferenceLimits.GoldenSamplesMax
                ? InferErrors.GoldenInvalid.At("There are more than 1000 samples.")
                : ReadSample(ref cursor, samples);
            if (fault is not null)
            {
                return InferErrors.GoldenInvalid.At(string.Create(
                    CultureInfo.InvariantCulture, $"Sample {samples.Count}: {fault.Message}"));
            }
        }

        return null;
    }

    private static Finding? ReadSample(ref JsonCursor cursor, ImmutableArray<GoldenSample>.Builder samples)
    {
        if (cursor.Reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.GoldenInvalid.At("A sample must be an object.");
        }

        ImmutableArray<Tensor>.Builder inputs = ImmutableArray.CreateBuilder<Tensor>();
        ImmutableArray<Tensor>.Builder outputs = ImmutableArray.CreateBuilder<Tensor>();
        while (cursor.Reader.Read() && cursor.Reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isInputs = cursor.Reader.ValueTextEquals("inputs"u8);
            bool isOutputs = cursor.Reader.ValueTextEquals("outputs"u8);
            Finding? fault = null;
            if (isInputs || isOutputs)
            {
                fault = InferenceClient.ReadTensors(ref cursor, isInputs ? inputs : outputs);
            }
            else
            {
                cursor.Reader.Read();
                cursor.Reader.Skip();
            }

            if (fault is not null)
            {
                return fault;
            }
        }

        if (outputs.Count == 0)
        {
            return InferErrors.GoldenInvalid.At("A sample needs 'outputs'.");
        }

        samples.Add(new GoldenSample(inputs.ToImmutable(), outputs.ToImmutable()));
        return null;
    }
}
