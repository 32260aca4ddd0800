using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Elements as differences. What training does to a weight has about the same size whatever the weight, so the bit
/// length of the difference (its class, as in Elias' gamma code, IEEE Trans. Inf. Theory 21(2), 1975) is known within a
/// bit
/// or two from the old element's exponent and from what differences were of late. The class is written as steps from
/// that expectation, by adaptive decisions; so are the sign, and the two bits below the leading one where the class is
/// no
/// smaller than expected; the bits below those are noise and are written plain. Low bits that are zero in all
/// differences are not written at all. Bits are exact, whatever the elements are.
/// </summary>
internal static class DifferenceCodec
{
    private const int Fine = 16;
    private const int ContextOffset = 16;

    /// <summary>Codes all of <paramref name="values"/>.</summary>
    /// <param name="coder">Writes, reads or weighs.</param>
    /// <param name="models">What was learned in the segment so far.</param>
    /// <param name="values">The new elements: taken from here or put here.</param>
    /// <param name="olds">The old ones where the reference is the base; may be the same memory when reading.</param>
    /// <param name="choice">What differences are taken from, and how many low bits all of them lack.</param>
    public static void Code<TCoder, TLayout>(
        ref TCoder coder, DifferenceModels models, Span<byte> values, ReadOnlySpan<byte> olds, DifferenceChoice choice)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        models.Level.Loosen();
        int count = values.Length / (TLayout.Bits / 8);
        ulong previous = 0;
        for (int index = 0; index < count; index++)
        {
            ulong old = choice.Reference == DifferenceReference.Base ? TLayout.Load(olds, index) : previous;
            ulong from = ElementOrder.Ordered<TLayout>(old);
            long difference = 0;
            if (!TCoder.IsReading)
            {
                ulong to = ElementOrder.Ordered<TLayout>(TLayout.Load(values, index));
                difference = ElementOrder.Difference<TLayout>(to, from) >> choice.Shift;
            }

            difference = CodeOne<TCoder, TLayout>(ref coder, models, old, difference);
            if (choice.Reference == DifferenceReference.Previous || TCoder.IsReading)
            {
                ulong to = (from + ((ulong)difference << choice.Shift)) & ElementOrder.Mask<TLayout>();
                ulong element = ElementOrder.Element<TLayout>(to);
                previous = choice.Reference == DifferenceReference.Previous ? element : 0;
                if (TCoder.IsReading)
                {
                    TLayout.Store(values, index, element);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long CodeOne<TCoder, TLayout>(
        ref TCoder coder, DifferenceModels models, ulong old, long difference)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        int exponent = ElementOrder.Exponent<TLayout>(old);
        int expected = models.Level.Value - (exponent * Fine);
        int context = Math.Clamp((expected >> 3) + ContextOffset, 0, DifferenceModels.Contexts - 1);
        bool isZero = coder.Bit(ref models.Zero(context), difference == 0);
        models.ZeroHistory = ((models.ZeroHistory << 1) | (isZero ? 1 : 0)) & 3;
        if (isZero)
        {
            // An element that did not move where others move a lot says nothing of how far those move.
            if (expected <= Fine * 2)
            {
                models.Level.Add(exponent * Fine);
            }

            return 0;
        }

        int start = Math.Clamp((expected + (Fine / 2)) >> 4, 1, TLayout.Bits);
        ulong magnitude = (ulong)(difference < 0 ? unchecked(-difference) : difference);
        int bits = 64 - BitOperations.LeadingZeroCount(magnitude);
        bits = CodeClass<TCoder, TLayout>(ref coder, models.Steps(context), start, bits);
        models.Level.Add((bits + exponent) * Fine);
        int signContext = (int)((old >> (TLayout.Bits - 1)) & 1) | (bits < start ? 2 : 0);
        bool isNegative = coder.Bit(ref models.Sign(signContext), difference < 0);
        magnitude = CodeBelow(ref coder, models, magnitude, new ClassFound(bits, start, context));
        return isNegative ? unchecked(-(long)magnitude) : (long)magnitude;
    }

    /// <summary>The class, 1..bits of an element, by steps up or down from where it is expected.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CodeClass<TCoder, TLayout>(ref TCoder coder, Span<uint> steps, int start, int bits)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        int at = start;
        int step = 0;
        if (at < TLayout.Bits && coder.Bit(ref steps[0], bits > at))
        {
            at++;
            while (at < TLayout.Bits
                && coder.Bit(ref steps[Math.Min(++step, DifferenceModels.StepsMax - 1)], bits > at))
            {
                at++;
            }

            return at;
        }

        while (at > 1
            && coder.Bit(
                ref steps[DifferenceModels.StepsMax + Math.Min(step++, DifferenceModels.StepsMax - 1)], bits < at))
        {
            at--;
        }

        return at;
    }

    /// <summary>The bits below the leading one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong CodeBelow<TCoder>(
        ref TCoder coder, DifferenceModels models, ulong magnitude, ClassFound found)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        int below = found.Bits - 1;
        ulong value = 1;
        if (below >= 2 && found.Bits >= found.Start)
        {
            Span<uint> top = models.Top(found.Context, Math.Min(found.Bits - found.Start, 3));
            bool first = coder.Bit(ref top[0], ((magnitude >> (below - 1)) & 1) != 0);
            bool second = coder.Bit(ref top[first ? 2 : 1], ((magnitude >> (below - 2)) & 1) != 0);
            value = 4 | (first ? 2UL : 0) | (second ? 1UL : 0);
            below -= 2;
        }

        ulong plain = coder.Plain(magnitude & ((1UL << below) - 1), below);
        return (value << below) | plain;
    }

    private readonly record struct ClassFound(int Bits, int Start, int Context);
}
