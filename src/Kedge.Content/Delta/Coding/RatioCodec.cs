using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Quantised elements of one byte against those of the base. New scales make every element of a channel the old one
/// times one ratio, rounded: the ratio is followed by least squares over the elements before, and what is written is
/// how
/// far the element is from the old one times the ratio, under how near that product is to where rounding turns. Where
/// the
/// scale changes along the innermost axis, elements a period apart share a ratio.
/// </summary>
internal static class RatioCodec
{
    /// <summary>Longest period, in elements: how many ratios are followed at once.</summary>
    public const int PeriodMax = 16_384;

    private const int EscapeBits = 9;

    /// <summary>Codes all of <paramref name="values"/>.</summary>
    /// <param name="coder">Writes, reads or weighs.</param>
    /// <param name="models">What was learned in the segment so far.</param>
    /// <param name="values">The new elements: taken from here or put here.</param>
    /// <param name="olds">The old ones; may be the same memory when reading.</param>
    /// <param name="shape">How elements are to be understood.</param>
    public static void Code<TCoder>(
        ref TCoder coder, RatioModels models, Span<byte> values, ReadOnlySpan<byte> olds, RatioShape shape)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        models.Level.Loosen();
        Ratio[] ratios = new Ratio[Math.Min(shape.Period, Math.Max(values.Length, 1))];
        Array.Fill(ratios, Ratio.One);
        int place = 0;
        for (int index = 0; index < values.Length; index++)
        {
            int old = (sbyte)(olds[index] - shape.Middle);
            int value = TCoder.IsReading ? 0 : (sbyte)(values[index] - shape.Middle);
            value = CodeOne(ref coder, models, ref ratios[place], old, value);
            values[index] = (byte)(value + shape.Middle);
            place = place + 1 == ratios.Length ? 0 : place + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CodeOne<TCoder>(ref TCoder coder, RatioModels models, ref Ratio ratio, int old, int value)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        int product = ratio.Times(old);
        int expected = Math.Clamp((product + 128) >> 8, -128, 127);
        int fraction = ((product + 128) & 0xFF) >> 5;
        int level = 32 - BitOperations.LeadingZeroCount((uint)models.Level.Value);
        Span<uint> nodes = models.Nodes(fraction, level);
        int residual = CodeResidual(ref coder, nodes, value - expected);
        models.Level.Add(Math.Min(Math.Abs(residual), 16) * 16);
        value = (sbyte)(expected + residual);
        ratio.Learn(old, value);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CodeResidual<TCoder>(ref TCoder coder, Span<uint> nodes, int residual)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        if (coder.Bit(ref nodes[0], residual == 0))
        {
            return 0;
        }

        bool isNegative = coder.Bit(ref nodes[1], residual < 0);
        int magnitude = Math.Abs(residual);
        int at = 1;
        while (at < RatioModels.StepsMax && coder.Bit(ref nodes[1 + at], magnitude > at))
        {
            at++;
        }

        if (at == RatioModels.StepsMax)
        {
            at = (int)coder.Plain((ulong)magnitude, EscapeBits);
        }

        return isNegative ? -at : at;
    }

    /// <summary>The ratio of new to old elements, by least squares in which older ones fade.</summary>
    private struct Ratio
    {
        private const int FadeBits = 6;
        private const int OneFixed = 1 << 16;

        private long _products;
        private long _squares;
        private int _ratio;

        /// <summary>No change: what one or two elements say does not move it far.</summary>
        public static Ratio One => new() { _products = 1 << 17, _squares = 1 << 17, _ratio = OneFixed };

        /// <summary>The ratio times an old element, in 256ths.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly int Times(int old) => (old * _ratio) >> 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Learn(int old, int value)
        {
            if (old == 0)
            {
                return;
            }

            _products += ((long)old * value << 8) - (_products >> FadeBits);
            _squares += ((long)old * old << 8) - (_squares >> FadeBits);
            _ratio = (int)Math.Clamp((_products << 16) / _squares, -4 * OneFixed, 4 * OneFixed);
        }
    }
}
