using System.Globalization;
using System.Numerics;
using Kedge.Core;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>
/// Compares two tensors. Floating-point elements agree within both tolerances together, NaN with NaN and an infinity
/// with itself; all other elements agree when they are equal.
/// </summary>
public static class TensorComparison
{
    /// <summary>What differs first, as a part of a sentence; null when they agree.</summary>
    /// <param name="expected">What should be.</param>
    /// <param name="actual">What is.</param>
    /// <param name="absolute">How far floating-point elements may be apart as a number, from 0.</param>
    /// <param name="relative">How far beside that, as a share of the expected one, from 0.</param>
    public static string? Difference(Tensor expected, Tensor actual, double absolute, double relative)
    {
        if (expected.Type != actual.Type || !expected.Shape.SequenceEqual(actual.Shape))
        {
            return $"expected {TensorTypes.Name(expected.Type)} {TensorShape.Describe(expected.Shape)}, "
                + $"got {TensorTypes.Name(actual.Type)} {TensorShape.Describe(actual.Shape)}";
        }

        return expected.Type switch
        {
            TensorType.Float16 => Close<Half>(expected, actual, absolute, relative, static v => (double)v),
            TensorType.BFloat16 => Close<ushort>(
                expected, actual, absolute, relative, static v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            TensorType.Float32 => Close<float>(expected, actual, absolute, relative, static v => v),
            TensorType.Float64 => Close<double>(expected, actual, absolute, relative, static v => v),
            TensorType.Bytes => SameTexts(expected, actual),
            TensorType.Bool or TensorType.UInt8 => Same<byte>(expected, actual),
            TensorType.UInt16 => Same<ushort>(expected, actual),
            TensorType.UInt32 => Same<uint>(expected, actual),
            TensorType.UInt64 => Same<ulong>(expected, actual),
            TensorType.Int8 => Same<sbyte>(expected, actual),
            TensorType.Int16 => Same<short>(expected, actual),
            TensorType.Int32 => Same<int>(expected, actual),
            TensorType.Int64 => Same<long>(expected, actual),
            TensorType.Unknown => throw Check.Unreachable(expected.Type),
        };
    }

    private static string? Close<T>(
        Tensor expected, Tensor actual, double absolute, double relative, Func<T, double> widen)
        where T : unmanaged
    {
        for (int i = 0; i < expected.ElementCount; i++)
        {
            double e = widen(expected.Values<T>()[i]);
            double a = widen(actual.Values<T>()[i]);
            double allowed = absolute + (relative * Math.Abs(e));
            bool agrees = double.IsFinite(e) && double.IsFinite(a) ? Math.Abs(a - e) <= allowed : e.Equals(a);
            if (!agrees)
            {
                return Differs(i, e, a);
            }
        }

        return null;
    }

    private static string? Same<T>(Tensor expected, Tensor actual)
        where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < expected.ElementCount; i++)
        {
            if (expected.Values<T>()[i] != actual.Values<T>()[i])
            {
                return Differs(i, expected.Values<T>()[i], actual.Values<T>()[i]);
            }
        }

        return null;
    }

    private static string? SameTexts(Tensor expected, Tensor actual)
    {
        for (int i = 0; i < expected.ElementCount; i++)
        {
            if (!expected.Text(i).SequenceEqual(actual.Text(i)))
            {
                return string.Create(CultureInfo.InvariantCulture, $"element {i} is another text");
            }
        }

        return null;
    }

    private static string Differs(int index, object expected, object actual) =>
        string.Create(CultureInfo.InvariantCulture, $"element {index} is {actual}, expected {expected}");
}
