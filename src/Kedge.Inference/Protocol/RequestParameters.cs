using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads the <c>parameters</c> of a whole request: binary data, priority and timeout as Triton has them. Sequences are
/// refused, since nothing here keeps state between requests; anything else is somebody's own and skipped.
/// </summary>
internal static class RequestParameters
{
    internal static Finding? Read(ref Utf8JsonReader reader, RequestExtensions extensions, ref bool allBinary)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.RequestInvalid.At("'parameters' must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Finding? fault = ReadOne(ref reader, extensions, ref allBinary);
            if (fault is not null)
            {
                return fault;
            }

            reader.Skip();
        }

        return null;
    }

    private static Finding? ReadOne(ref Utf8JsonReader reader, RequestExtensions extensions, ref bool allBinary)
    {
        if (reader.ValueTextEquals("binary_data_output"u8))
        {
            reader.Read();
            allBinary = reader.TokenType == JsonTokenType.True;
            return null;
        }

        if (reader.ValueTextEquals("priority"u8))
        {
            Finding? fault = ReadCount(ref reader, "priority", int.MaxValue, out long priority);
            extensions.Priority = (int)priority;
            return fault;
        }

        if (reader.ValueTextEquals("timeout"u8))
        {
            Finding? fault = ReadCount(ref reader, "timeout", long.MaxValue, out long timeout);
            extensions.TimeoutUs = Math.Min(timeout, InferenceLimits.TimeoutUsMax);
            return fault;
        }

        bool isSequence = reader.ValueTextEquals("sequence_id"u8)
            || reader.ValueTextEquals("sequence_start"u8)
            || reader.ValueTextEquals("sequence_end"u8);
        reader.Read();
        return isSequence && !IsNone(ref reader)
            ? InferErrors.SequenceUnsupported.At("Every request is computed by itself.")
            : null;
    }

    private static Finding? ReadCount(ref Utf8JsonReader reader, string name, long most, out long value)
    {
        value = 0;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value) && value >= 0 && value <= most)
        {
            return null;
        }

        value = 0;
        return InferErrors.ParameterInvalid.At($"'{name}' must be a whole number from 0.");
    }

    // Clients send 0, "" and false where they mean that there is no sequence.
    private static bool IsNone(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null or JsonTokenType.False => true,
        JsonTokenType.Number => reader.TryGetInt64(out long id) && id == 0,
        JsonTokenType.String => reader.ValueSpan.IsEmpty,
        _ => false,
    };
}
