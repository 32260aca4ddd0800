using Kedge.Onnx;

namespace Kedge.Content.Formats;

/// <summary>The tensors of an ONNX file that are written as raw bytes: initializers, and constants of nodes but the
/// smallest. Numbers written one by one are compared as bytes.</summary>
public static class OnnxTensorMap
{
    /// <summary>The map of a file that was read already.</summary>
    /// <param name="model">What the walk found in it.</param>
    /// <param name="fileBytes">How long the file is.</param>
    public static TensorMap Of(OnnxModel model, long fileBytes)
    {
        IEnumerable<TensorSpan> spans = model.Initializers.Concat(model.Constants)
            .Where(static initializer => initializer.RawOffset >= 0)
            .Select(static initializer => new TensorSpan(
                initializer.Name, Kind(initializer.ElementType), initializer.RawOffset, initializer.Bytes));
        return TensorMap.TryCreate(spans, fileBytes, out TensorMap map) ? map : TensorMap.Empty;
    }

    /// <summary>The map of a file; empty when it is no ONNX file that the gate could read.</summary>
    /// <param name="file">The whole file.</param>
    public static TensorMap Read(ReadOnlySpan<byte> file) =>
        OnnxReader.TryRead(file, out OnnxModel? model, out _) && model is not null
            ? Of(model, file.Length)
            : TensorMap.Empty;

    /// <summary>How elements of an ONNX type are compared.</summary>
    public static ElementKind Kind(OnnxElementType type) => type switch
    {
        OnnxElementType.Float or OnnxElementType.Complex64 => ElementKind.Float32,
        OnnxElementType.Double or OnnxElementType.Complex128 => ElementKind.Float64,
        OnnxElementType.Float16 => ElementKind.Float16,
        OnnxElementType.BFloat16 => ElementKind.BFloat16,
        OnnxElementType.Int8 => ElementKind.Int8,
        OnnxElementType.UInt8 or OnnxElementType.Bool => ElementKind.UInt8,
        OnnxElementType.Float8E4M3Fn or OnnxElementType.Float8E4M3FnUz => ElementKind.UInt8,
        OnnxElementType.Float8E5M2 or OnnxElementType.Float8E5M2FnUz => ElementKind.UInt8,
        OnnxElementType.Float8E8M0 => ElementKind.UInt8,
        OnnxElementType.UInt4 or OnnxElementType.Int4 or OnnxElementType.Float4E2M1 => ElementKind.Packed4,
        OnnxElementType.Int16 or OnnxElementType.UInt16 => ElementKind.Int16,
        OnnxElementType.Int32 or OnnxElementType.UInt32 => ElementKind.Int32,
        OnnxElementType.Int64 or OnnxElementType.UInt64 => ElementKind.Int64,
        OnnxElementType.UInt2 or OnnxElementType.Int2 => ElementKind.Unknown,
        OnnxElementType.String or OnnxElementType.Unknown => ElementKind.Unknown,
    };
}
