namespace Kedge.Content.Formats.TfLite;

/// <summary>
/// The element types of TensorFlow Lite (<c>TensorType</c> of its schema). Types without a width hold references or
/// texts, whose bytes no shape foretells.
/// </summary>
internal static class TfLiteTypes
{
    public const ulong Text = 5;
    public const ulong Variant = 14;

    /// <summary>What is known of the type with this number; null for any other.</summary>
    public static TfLiteType? Of(ulong number) => number switch
    {
        0 => new("fp32", "FP32", 32, ElementKind.Float32),
        1 => new("fp16", "FP16", 16, ElementKind.Float16),
        2 => new("int32", "INT32", 32, ElementKind.Int32),
        3 => new("int8", "UINT8", 8, ElementKind.UInt8),
        4 => new("int64", "INT64", 64, ElementKind.Int64),
        Text => new("", "BYTES", 0, ElementKind.Unknown),
        6 => new("int8", "BOOL", 8, ElementKind.UInt8),
        7 => new("int16", "INT16", 16, ElementKind.Int16),
        8 => new("fp32", null, 64, ElementKind.Float32),
        9 => new("int8", "INT8", 8, ElementKind.Int8),
        10 => new("fp64", "FP64", 64, ElementKind.Float64),
        11 => new("fp64", null, 128, ElementKind.Float64),
        12 => new("int64", "UINT64", 64, ElementKind.Int64),
        13 or Variant => new("", null, 0, ElementKind.Unknown),
        15 => new("int32", "UINT32", 32, ElementKind.Int32),
        16 => new("int16", "UINT16", 16, ElementKind.Int16),
        17 => new("int4", null, 4, ElementKind.Packed4),
        18 => new("bf16", "BF16", 16, ElementKind.BFloat16),
        _ => null,
    };
}

/// <summary>One element type of TensorFlow Lite.</summary>
/// <param name="Precision">Its name as a DNS label; empty where no weights are of it.</param>
/// <param name="Datatype">The Open Inference Protocol's name; null where it has none.</param>
/// <param name="Bits">Bits of an element; 0 where they differ.</param>
/// <param name="Element">How its bytes are compared.</param>
internal sealed record TfLiteType(string Precision, string? Datatype, int Bits, ElementKind Element);
