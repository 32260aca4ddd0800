using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Floating-point numbers by themselves: whether it is zero, the sign, the exponent as steps from where exponents were
/// of
/// late, the two upper bits of the mantissa by how far the exponent is from there (weights thin out outwards), the rest
/// plain. Low bits that are zero in all mantissas are not written at all, so that numbers of half the width in elements
/// of the whole cost half.
/// </summary>
internal static class FloatCodec
{
    private const int Fine = 16;

    /// <summary>Codes all of <paramref name="values"/>.</summary>
    /// <param name="coder">Writes, reads or weighs.</param>
    /// <param name="models">What was learned in the segment so far.</param>
    /// <param name="values">The elements: taken from here or put here.</param>
    /// <param name="shift">Low bits that are zero in all mantissas, 0 up to the mantissa's width.</param>
    public static void Code<TCoder, TLayout>(ref TCoder coder, FloatModels models, Span<byte> values, int shift)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        models.Level.Loosen();
        int count = values.Length / (TLayout.Bits / 8);
        for (int index = 0; index < count; index++)
        {
            ulong element = TCoder.IsReading ? 0 : TLayout.Load(values, index);
            element = CodeOne<TCoder, TLayout>(ref coder, models, element, shift);
            if (TCoder.IsReading)
            {
                TLayout.Store(values, index, element);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong CodeOne<TCoder, TLayout>(ref TCoder coder, FloatModels models, ulong element, int shift)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        bool isZero = coder.Bit(ref models.Zero, element == 0);
        models.ZeroHistory = ((models.ZeroHistory << 1) | (isZero ? 1 : 0)) & 3;
        if (isZero)
        {
            return 0;
        }

        bool isNegative = coder.Bit(ref models.Sign, element >> (TLayout.Bits - 1) != 0);
        models.LastSign = isNegative ? 1 : 0;
        int expected = (models.Level.Value + (Fine / 2)) >> 4;
        int exponent = CodeExponent<TCoder, TLayout>(
            ref coder, models.Steps, expected, ElementOrder.Exponent<TLayout>(element));
        models.Level.Add(exponent * Fine);

        int mantissaBits = ElementOrder.MantissaBits<TLayout>() - shift;
        ulong mantissa = (element & ((1UL << ElementOrder.MantissaBits<TLayout>()) - 1)) >> shift;
        int topBits = Math.Min(2, mantissaBits);
        Span<uint> top = models.Top(exponent - expected);
        int node = 0;
        ulong found = 0;
        for (int bit = 1; bit <= topBits; bit++)
        {
            bool isSet = coder.Bit(ref top[node], ((mantissa >> (mantissaBits - bit)) & 1) != 0);
            found = (found << 1) | (isSet ? 1UL : 0);
            node = isSet ? 2 : 1;
        }

        int below = mantissaBits - topBits;
        ulong plain = coder.Plain(mantissa & ((1UL << below) - 1), below);
        mantissa = ((found << below) | plain) << shift;
        return ((isNegative ? 1UL : 0) << (TLayout.Bits - 1))
            | ((ulong)exponent << ElementOrder.MantissaBits<TLayout>())
            | mantissa;
    }

    /// <summary>The exponent by steps up or down from where it is expected; one that is far away is written
    /// plain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CodeExponent<TCoder, TLayout>(
        ref TCoder coder, Span<uint> steps, int expected, int exponent)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        int highest = (1 << TLayout.ExponentBits) - 1;
        int at = Math.Clamp(expected, 0, highest);
        bool isUp = coder.Bit(ref steps[0], exponent > at);
        int direction = isUp ? 1 : -1;
        int half = isUp ? 0 : 16;
        at += isUp ? 1 : 0;
        for (int step = 1; isUp ? at < highest : at > 0; step++)
        {
            if (step == FloatModels.StepsMax)
            {
                return (int)coder.Plain((ulong)exponent, TLayout.ExponentBits);
            }

            if (!coder.Bit(ref steps[half + step], isUp ? exponent > at : exponent < at))
            {
                break;
            }

            at += direction;
        }

        return at;
    }
}
