using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Elements of one byte, bit by bit from the highest, each bit under what was learned of it after the bits above it in
/// its context. The context is the old byte, or the place within a block of a quantised format, or how large elements
/// were of late (channels of a quantised tensor are spread differently).
/// </summary>
internal static class ByteCodec
{
    /// <summary>Contexts of <see cref="CodeBySpread"/>.</summary>
    public const int Spreads = 13;

    /// <summary>Codes bytes by the bytes of the base at the same places.</summary>
    public static void CodeByOld<TCoder>(
        ref TCoder coder, ByteModels models, Span<byte> values, ReadOnlySpan<byte> olds)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        for (int index = 0; index < values.Length; index++)
        {
            values[index] = CodeOne(ref coder, models.Nodes(olds[index]), values[index]);
        }
    }

    /// <summary>Codes bytes by their places in blocks of <paramref name="stride"/> bytes.</summary>
    public static void CodeByPlace<TCoder>(ref TCoder coder, ByteModels models, Span<byte> values, int stride)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        int place = 0;
        for (int index = 0; index < values.Length; index++)
        {
            values[index] = CodeOne(ref coder, models.Nodes(place), values[index]);
            place = place + 1 == stride ? 0 : place + 1;
        }
    }

    /// <summary>Codes bytes by how far from the middle the last ones were.</summary>
    /// <param name="coder">Writes, reads or weighs.</param>
    /// <param name="models">What was learned in the segment so far.</param>
    /// <param name="values">The elements.</param>
    /// <param name="middle">The byte that stands for zero: 0 or 128.</param>
    public static void CodeBySpread<TCoder>(ref TCoder coder, ByteModels models, Span<byte> values, byte middle)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        MovingLevel level = default;
        for (int index = 0; index < values.Length; index++)
        {
            int context = 32 - BitOperations.LeadingZeroCount((uint)level.Value);
            byte value = CodeOne(ref coder, models.Nodes(context), values[index]);
            values[index] = value;
            level.Add(Math.Abs((int)(sbyte)(value - middle)) * 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte CodeOne<TCoder>(ref TCoder coder, Span<uint> nodes, byte value)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        int node = 1;
        for (int bit = 7; bit >= 0; bit--)
        {
            bool isSet = coder.Bit(ref nodes[node], ((value >> bit) & 1) != 0);
            node = (node << 1) | (isSet ? 1 : 0);
        }

        return (byte)node;
    }
}
