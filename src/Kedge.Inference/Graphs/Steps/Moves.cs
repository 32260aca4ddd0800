using System.Runtime.InteropServices;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>Moves elements of any type by their width: the types of numbers that steps only move.</summary>
internal static class Moves
{
    /// <summary>Every type but BYTES.</summary>
    internal static readonly TensorType[] Types =
        [.. TensorTypes.All.Where(static type => type != TensorType.Bytes)];

    /// <summary>
    /// Fills a tensor row-major, where element [i, j, ...] lies at i * strides[0] + j * strides[1] + ... of another.
    /// </summary>
    internal static void Gather(Tensor from, Tensor to, ReadOnlySpan<int> strides)
    {
        switch (TensorTypes.ElementBytes(from.Type))
        {
            case 1:
                Gather<byte>(from, to, strides);
                break;
            case 2:
                Gather<ushort>(from, to, strides);
                break;
            case 4:
                Gather<uint>(from, to, strides);
                break;
            default:
                Gather<ulong>(from, to, strides);
                break;
        }
    }

    private static void Gather<T>(Tensor from, Tensor to, ReadOnlySpan<int> strides)
        where T : unmanaged
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(from.Bytes);
        Span<T> made = MemoryMarshal.Cast<byte, T>(to.Bytes);
        Span<int> place = stackalloc int[to.Rank];
        place.Clear();
        int at = 0;
        for (int i = 0; i < made.Length; i++)
        {
            made[i] = values[at];
            for (int axis = to.Rank - 1; axis >= 0; axis--)
            {
                at += strides[axis];
                if (++place[axis] < to.Shape[axis])
                {
                    break;
                }

                at -= strides[axis] * place[axis];
                place[axis] = 0;
            }
        }
    }
}
