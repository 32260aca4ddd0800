using Kedge.Inference.Tensors;

namespace Kedge.Inference.Onnx.Native;

/// <summary><c>ONNXTensorElementDataType</c> and the protocol's types.</summary>
internal static class OrtTypes
{
    /// <summary><c>ONNX_TYPE_TENSOR</c>.</summary>
    internal const int KindTensor = 1;

    private static readonly TensorType[] ByNumber =
    [
        TensorType.Unknown, TensorType.Float32, TensorType.UInt8, TensorType.Int8, TensorType.UInt16, TensorType.Int16,
        TensorType.Int32, TensorType.Int64, TensorType.Bytes, TensorType.Bool, TensorType.Float16, TensorType.Float64,
        TensorType.UInt32, TensorType.UInt64, TensorType.Unknown, TensorType.Unknown, TensorType.BFloat16,
    ];

    /// <summary>The protocol's type; unknown for complex numbers, 8-bit floats and 4-bit integers.</summary>
    internal static TensorType FromNative(int number) =>
        (uint)number < (uint)ByNumber.Length ? ByNumber[number] : TensorType.Unknown;

    internal static int ToNative(TensorType type) => Array.IndexOf(ByNumber, type);
}
