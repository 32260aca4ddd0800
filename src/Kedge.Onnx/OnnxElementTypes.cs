namespace Kedge.Onnx;

/// <summary>What is known of each element type.</summary>
public static class OnnxElementTypes
{
    /// <summary>Bits of one element; 0 for strings, whose elements differ, and for unknown types.</summary>
    public static int Bits(OnnxElementType type) => type switch
    {
        OnnxElementType.Unknown or OnnxElementType.String => 0,
        OnnxElementType.UInt2 or OnnxElementType.Int2 => 2,
        OnnxElementType.UInt4 or OnnxElementType.Int4 or OnnxElementType.Float4E2M1 => 4,
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Bool => 8,
        OnnxElementType.Float8E4M3Fn or OnnxElementType.Float8E4M3FnUz => 8,
        OnnxElementType.Float8E5M2 or OnnxElementType.Float8E5M2FnUz or OnnxElementType.Float8E8M0 => 8,
        OnnxElementType.UInt16 or OnnxElementType.Int16 => 16,
        OnnxElementType.Float16 or OnnxElementType.BFloat16 => 16,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 32,
        OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.UInt64 => 64,
        OnnxElementType.Complex64 => 64,
        OnnxElementType.Complex128 => 128,
    };

    /// <summary>The datatype of the Open Inference Protocol; null where the protocol has none.</summary>
    public static string? OpenInferenceName(OnnxElementType type) => type switch
    {
        OnnxElementType.Float => "FP32",
        OnnxElementType.UInt8 => "UINT8",
        OnnxElementType.Int8 => "INT8",
        OnnxElementType.UInt16 => "UINT16",
        OnnxElementType.Int16 => "INT16",
        OnnxElementType.Int32 => "INT32",
        OnnxElementType.Int64 => "INT64",
        OnnxElementType.String => "BYTES",
        OnnxElementType.Bool => "BOOL",
        OnnxElementType.Float16 => "FP16",
        OnnxElementType.Double => "FP64",
        OnnxElementType.UInt32 => "UINT32",
        OnnxElementType.UInt64 => "UINT64",
        OnnxElementType.BFloat16 => "BF16",
        OnnxElementType.Unknown or OnnxElementType.Complex64 or OnnxElementType.Complex128 => null,
        OnnxElementType.Float8E4M3Fn or OnnxElementType.Float8E4M3FnUz => null,
        OnnxElementType.Float8E5M2 or OnnxElementType.Float8E5M2FnUz or OnnxElementType.Float8E8M0 => null,
        OnnxElementType.UInt4 or OnnxElementType.Int4 or OnnxElementType.Float4E2M1 => null,
        OnnxElementType.UInt2 or OnnxElementType.Int2 => null,
    };

    /// <summary>The type with this number; <see cref="OnnxElementType.Unknown"/> for any other.</summary>
    public static OnnxElementType FromNumber(long number) =>
        number is > 0 and <= (long)OnnxElementType.Int2 ? (OnnxElementType)number : OnnxElementType.Unknown;
}
