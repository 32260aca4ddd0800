namespace Kedge.Content.Formats.Safetensors;

/// <summary>The element types of safetensors (<c>Dtype</c> of its reader, tensor.rs).</summary>
internal static class SafetensorsTypes
{
    /// <summary>What is known of the type of this name; null for any other.</summary>
    public static SafetensorsType? Of(string name) => name switch
    {
        "BOOL" => new("bool", 8, ElementKind.UInt8),
        "F4" => new("fp4", 4, ElementKind.Packed4),
        "F6_E2M3" or "F6_E3M2" => new("fp6", 6, ElementKind.Unknown),
        "U8" or "I8" => new("int8", 8, name == "I8" ? ElementKind.Int8 : ElementKind.UInt8),
        "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => new("fp8", 8, ElementKind.UInt8),
        "I16" or "U16" => new("int16", 16, ElementKind.Int16),
        "F16" => new("fp16", 16, ElementKind.Float16),
        "BF16" => new("bf16", 16, ElementKind.BFloat16),
        "I32" or "U32" => new("int32", 32, ElementKind.Int32),
        "F32" => new("fp32", 32, ElementKind.Float32),
        "C64" => new("fp32", 64, ElementKind.Float32),
        "F64" => new("fp64", 64, ElementKind.Float64),
        "I64" or "U64" => new("int64", 64, ElementKind.Int64),
        _ => null,
    };
}

/// <summary>One element type of safetensors.</summary>
/// <param name="Precision">Its name as a DNS label.</param>
/// <param name="Bits">Bits of an element.</param>
/// <param name="Element">How its bytes are compared.</param>
internal sealed record SafetensorsType(string Precision, int Bits, ElementKind Element);
