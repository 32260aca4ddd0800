using Kedge.Inference.Tensors;

namespace Kedge.Inference.TfLite.Native;

/// <summary><c>TfLiteType</c> of c_api_types.h and the protocol's types.</summary>
internal static class TflTypes
{
    private static readonly TensorType[] ByNumber =
    [
        TensorType.Unknown, TensorType.Float32, TensorType.Int32, TensorType.UInt8, TensorType.Int64, TensorType.Bytes,
        TensorType.Bool, TensorType.Int16, TensorType.Unknown, TensorType.Int8, TensorType.Float16, TensorType.Float64,
        TensorType.Unknown, TensorType.UInt64, TensorType.Unknown, TensorType.Unknown, TensorType.UInt32,
        TensorType.UInt16,
    ];

    /// <summary>The protocol's type; unknown for complex numbers, resources and variants.</summary>
    internal static TensorType FromNative(int number) =>
        (uint)number < (uint)ByNumber.Length ? ByNumber[number] : TensorType.Unknown;
}
