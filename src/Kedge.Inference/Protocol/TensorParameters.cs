using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;

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

    /// <summary>Checks what only shows once the whole object was read.</summary>
    internal static Finding? Settle(ref TensorFields fields)
    {
        if (fields.Region is null)
        {
            return fields.RegionBytes < 0 && fields.RegionOffset == 0
                ? null
                : InferErrors.ParameterInvalid.At("'shared_memory_region' is missing.");
        }

        if (fields.RegionBytes < 0)
        {
            return InferErrors.ParameterInvalid.At("'shared_memory_byte_size' is missing.");
        }

        if (fields.DataStart >= 0 || fields.BinaryBytes >= 0)
        {
            return InferErrors.ParameterInvalid.At("A tensor in shared memory has no other data.");
        }

        fields.Part = RegionPart.Of(fields.Region, fields.RegionOffset, fields.RegionBytes);
        return fields.Part is null ? RegionTransfer.Outside(fields.Region) : null;
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
            return ReadCount(ref reader, "shared_memory_offset", out fields.RegionOffset);
        }

        if (reader.ValueTextEquals("shared_memory_byte_size"u8))
        {
            return ReadCount(ref reader, "shared_memory_byte_size", out fields.RegionBytes);
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

        if (cursor.Regions is null || cursor.Extensions is null)
        {
            return InferErrors.RegionUnknown.At("Shared memory is off in this server.");
        }

        fields.Region = cursor.Extensions.Use(cursor.Regions, reader.ValueSpan);
        return fields.Region is null
            ? InferErrors.RegionUnknown.At($"There is no region '{reader.GetString()}'.")
            : null;
    }
}
