using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads the <c>parameters</c> of one tensor object: binary data, classification and shared memory as Triton has them.
/// Others are skipped.
/// </summary>
internal static class TensorParameters
{
    /// <summary>Reads the object. The cursor stands at its name, and afterwards at its closing brace.</summary>
    internal static Finding? Read(ref JsonCursor cursor, ref TensorFields fields)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return InferErrors.RequestInvalid.At("'parameters' must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Finding? fault = ReadOne(ref cursor, ref fields);
            if (fault is not null)
            {
                return fault;
            }

            reader.Skip();
        }

        return null;
    }

    private static Finding? ReadOne(ref JsonCursor cursor, ref TensorFields fields)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        if (reader.ValueTextEquals("binary_data_size"u8))
        {
            return ReadCount(ref reader, "binary_data_size", out fields.BinaryBytes);
        }

        if (reader.ValueTextEquals("binary_data"u8))
        {
            reader.Read();
            fields.WantsBinary = reader.TokenType == JsonTokenType.True;
            return null;
        }

        if (reader.ValueTextEquals("classification"u8))
        {
            return ReadClasses(ref reader, ref fields);
        }

        if (reader.ValueTextEquals("shared_memory_region"u8))
        {
            return ReadRegion(ref cursor, ref fields);
        }

        if (reader.ValueTextEquals("shared_memory_offset"u8))
        {
            Finding? fault = ReadCount(ref reader, "shared_memory_offset", out long offset);
            fields.Claim.Offset = offset;
            return fault;
        }

        if (reader.ValueTextEquals("shared_memory_byte_size"u8))
        {
            Finding? fault = ReadCount(ref reader, "shared_memory_byte_size", out long byteCount);
            fields.Claim.ByteCount = byteCount;
            return fault;
        }

        reader.Read();
        return null;
    }

    private static Finding? ReadCount(ref Utf8JsonReader reader, string name, out long value)
    {
        value = 0;
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value) && value >= 0
            ? null
            : InferErrors.ParameterInvalid.At($"'{name}' must be a whole number from 0.");
    }

    private static Finding? ReadClasses(ref Utf8JsonReader reader, ref TensorFields fields)
    {
        Finding? fault = ReadCount(ref reader, "classification", out long count);
        if (fault is not null || count is < 1 or > InferenceLimits.ClassesMax)
        {
            return InferErrors.ParameterInvalid.At("'classification' must be 1..10000.");
        }

        fields.Classes = (int)count;
        return null;
    }

    private static Finding? ReadRegion(ref JsonCursor cursor, ref TensorFields fields)
    {
        ref Utf8JsonReader reader = ref cursor.Reader;
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            return InferErrors.ParameterInvalid.At("'shared_memory_region' must be a string.");
        }

        return fields.Claim.Name(reader.ValueSpan, cursor.Extensions, cursor.Regions);
    }
}
