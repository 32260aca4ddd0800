using Kedge.Core;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Values;

/// <summary>
/// Takes a bounded number of a tensor's values, always those at the same places: who makes a reference and who compares
/// with it look at the same.
/// </summary>
public static class ValueSampler
{
    /// <summary>Values of one tensor that are looked at: enough for a signal, and little to count.</summary>
    public const int ValuesMax = 64;

    /// <summary>True for a type that has numbers.</summary>
    public static bool IsNumeric(TensorType type) => type is not (TensorType.Unknown or TensorType.Bytes);

    /// <summary>Values at even distances, from the first.</summary>
    /// <param name="tensor">A tensor that is filled; of texts nothing is taken.</param>
    /// <param name="values">Room for <see cref="ValuesMax"/>.</param>
    /// <returns>How many were taken.</returns>
    public static int Take(Tensor tensor, Span<double> values)
    {
        Check.That(values.Length >= ValuesMax);
        int count = IsNumeric(tensor.Type) ? Math.Min(tensor.ElementCount, ValuesMax) : 0;
        int stride = Math.Max(1, tensor.ElementCount / ValuesMax);
        for (int i = 0; i < count; i++)
        {
            values[i] = At(tensor, i * stride);
        }

        return count;
    }

    private static double At(Tensor tensor, int index) => tensor.Type switch
    {
        TensorType.Bool or TensorType.UInt8 => tensor.Values<byte>()[index],
        TensorType.UInt16 => tensor.Values<ushort>()[index],
        TensorType.UInt32 => tensor.Values<uint>()[index],
        TensorType.UInt64 => tensor.Values<ulong>()[index],
        TensorType.Int8 => tensor.Values<sbyte>()[index],
        TensorType.Int16 => tensor.Values<short>()[index],
        TensorType.Int32 => tensor.Values<int>()[index],
        TensorType.Int64 => tensor.Values<long>()[index],
        TensorType.Float16 => (double)tensor.Values<Half>()[index],
        TensorType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)tensor.Values<ushort>()[index] << 16),
        TensorType.Float32 => tensor.Values<float>()[index],
        TensorType.Float64 => tensor.Values<double>()[index],
        TensorType.Unknown or TensorType.Bytes => throw Check.Unreachable(tensor.Type),
    };
}
