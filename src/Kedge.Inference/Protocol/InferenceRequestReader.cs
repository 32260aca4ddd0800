using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads the body of an inference request (Open Inference Protocol v2, REST) into a call. It allocates nothing when the
/// request is right and the call's memory has grown to its size. Triton's binary extension is read too: the JSON is
/// then
/// followed by the bytes of those inputs that say <c>binary_data_size</c>, in their order.
/// </summary>
public static class InferenceRequestReader
{
    /// <summary>Reads a whole body.</summary>
    /// <param name="body">All of it.</param>
    /// <param name="jsonBytes">How much of it is JSON: all of it, or Triton's header length.</param>
    /// <param name="call">Gets id, inputs, wanted outputs and extensions.</param>
    /// <param name="regions">Shared memory that the request may name; null for none.</param>
    /// <param name="lent">
    /// Empty, or the memory of <paramref name="body"/>, where inputs may then stay: it neither moves nor changes until
    /// the call has run and is trimmed.
    /// </param>
    /// <param name="early">What was read before the rest had come, and is no more part of the body.</param>
    /// <returns>Null when the request is right, else what is wrong with it.</returns>
    public static Finding? Read(
        ReadOnlySpan<byte> body,
        int jsonBytes,
        InferenceCall call,
        RegionTable? regions = null,
        Memory<byte> lent = default,
        EarlyList early = default)
    {
        call.Clear();
        if (jsonBytes < 0 || jsonBytes > body.Length)
        {
            return InferErrors.RequestInvalid.At("The JSON header is longer than the body.");
        }

        JsonCursor cursor = new(body[..jsonBytes])
        {
            Extensions = call.Extensions, Regions = regions, Early = early,
        };
        try
        {
            BinaryPart binary = new(body[jsonBytes..], lent.IsEmpty ? default : lent[jsonBytes..]);
            return ReadRequest(ref cursor, ref binary, call) ?? CheckInputs(call);
        }
        catch (JsonException failure)
        {
            return InferErrors.JsonInvalid.At(
                early.Count > 0 && !cursor.HasLeftEarly ? early.Explain(failure, body) : failure.Message);
        }
        catch (InvalidOperationException failure)
        {
            // The framework's reader says this of text that is not UTF-8 or holds half a surrogate pair.
            return InferErrors.JsonInvalid.At(failure.Message);
        }
    }

    private static Finding? ReadRequest(ref JsonCursor cursor, ref BinaryPart binary, InferenceCall call)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        bool allBinary = false;
        bool hasInputs = false;
        Finding? fault = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.RequestInvalid.At("The body must be a JSON object.");
        }

        while (fault is null && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                fault = hasInputs
                    ? InferErrors.RequestInvalid.At("'inputs' is given twice.")
                    : ReadInputs(ref cursor, ref binary, call);
                hasInputs = true;
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                fault = ReadOutputs(ref cursor, call);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                fault = ReadId(ref reader, call);
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                fault = RequestParameters.Read(ref reader, call.Extensions, ref allBinary);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (fault is null && reader.Read())
        {
            fault = InferErrors.JsonInvalid.At("There is something after the JSON object.");
        }

        if (fault is null && !binary.IsUsedUp)
        {
            fault = InferErrors.ShapeMismatch.At("There is more binary data than the inputs say.");
        }

        if (fault is null)
        {
            SettleOutputs(call, allBinary);
        }

        return fault;
    }

    private static Finding? ReadInputs(ref JsonCursor cursor, ref BinaryPart binary, InferenceCall call)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return InferErrors.RequestInvalid.At("'inputs' must be a list.");
        }

        ImmutableArray<TensorSpec> declared = call.Signature.Inputs;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Finding? fault = TensorReader.Read(ref cursor, declared, call.Inputs.AsSpan(), out TensorFields fields);
            if (fault is not null)
            {
                return fault;
            }

            if (fields.Declared < 0 || fields.Type == TensorType.Unknown || !fields.HasShape)
            {
                return InferErrors.RequestInvalid.At("An input needs 'name', 'shape' and 'datatype'.");
            }

            if (!call.TryGive(fields.Declared))
            {
                return InferErrors.InputMissing.At($"'{declared[fields.Declared].Name}' is given twice.");
            }

            if (fields.DataDone == fields.BinaryBytes >= 0)
            {
                return InferErrors.RequestInvalid.At("An input needs 'data', or binary data, and not both.");
            }

            if (!fields.DataDone && !binary.TryTake(call.Inputs[fields.Declared], fields.BinaryBytes))
            {
                return InferErrors.ShapeMismatch.At(
                    $"The binary data of '{declared[fields.Declared].Name}' does not have its shape.");
            }
        }

        return null;
    }

    private static Finding? ReadOutputs(ref JsonCursor cursor, InferenceCall call)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return InferErrors.RequestInvalid.At("'outputs' must be a list.");
        }

        ImmutableArray<TensorSpec> declared = call.Signature.Outputs;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Finding? fault = TensorReader.Read(ref cursor, declared, [], out TensorFields fields);
            if (fault is not null)
            {
                return fault;
            }

            if (fields.Declared < 0)
            {
                return InferErrors.RequestInvalid.At("An output needs a 'name'.");
            }

            if (!call.TryWant(fields.Declared, fields.WantsBinary ?? false))
            {
                return InferErrors.RequestInvalid.At(
                    $"Output '{declared[fields.Declared].Name}' is asked for twice.");
            }

            call.Extensions.Take(fields.Declared, fields.WantsBinary is not null, fields.Classes, fields.Part);
        }

        return null;
    }

    /// <summary>What the request says for all outputs counts for those that say nothing themselves.</summary>
    private static void SettleOutputs(InferenceCall call, bool allBinary)
    {
        if (call.WantedCount == 0)
        {
            call.WantAll(allBinary);
            return;
        }

        foreach (int output in call.Wanted)
        {
            if (allBinary && !call.Extensions.SaysBinary(output))
            {
                call.SetBinary(output, true);
            }
        }
    }

    private static Finding? ReadId(ref Utf8JsonReader reader, InferenceCall call)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > InferenceLimits.IdBytesMax)
        {
            return InferErrors.RequestInvalid.At("'id' must be a string of at most 256 bytes.");
        }

        call.ShrinkId(reader.CopyString(call.StartId(reader.ValueSpan.Length)));
        return null;
    }

    private static Finding? CheckInputs(InferenceCall call)
    {
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            if (!call.IsGiven(i))
            {
                return InferErrors.InputMissing.At($"'{call.Signature.Inputs[i].Name}' is missing.");
            }
        }

        return null;
    }
}
