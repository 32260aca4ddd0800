using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Puts floating-point numbers in the order of their values: sign and magnitude become one signed integer that grows
/// with the number, so that numbers that are near each other have a small difference, also across zero and across
/// powers
/// of two, and low bits that are zero in two numbers are zero in their difference. It turns bits into bits and back,
/// whatever they mean: infinities, NaN with any payload and both zeros keep theirs; negative zero takes the one place
/// that
/// is left over, at the lowest end. Integers are in order already; their differences wrap.
/// </summary>
internal static class ElementOrder
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Ordered<TLayout>(ulong element)
        where TLayout : struct, IElementLayout
    {
        if (TLayout.ExponentBits == 0)
        {
            return element;
        }

        ulong negative = Sign<TLayout>(element);
        ulong magnitude = element & ~Top<TLayout>();
        ulong ordered = ((magnitude ^ negative) - negative) & Mask<TLayout>();
        return magnitude == 0 ? element : ordered;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Element<TLayout>(ulong ordered)
        where TLayout : struct, IElementLayout
    {
        if (TLayout.ExponentBits == 0)
        {
            return ordered;
        }

        ulong negative = Sign<TLayout>(ordered);
        return (((ordered ^ negative) - negative) & Mask<TLayout>()) | (negative & Top<TLayout>());
    }

    /// <summary>The difference of two numbers in order, as a signed integer of the elements' width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Difference<TLayout>(ulong newer, ulong older)
        where TLayout : struct, IElementLayout =>
        (long)((newer - older) << (64 - TLayout.Bits)) >> (64 - TLayout.Bits);

    /// <summary>Its exponent as written, 0 for integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Exponent<TLayout>(ulong element)
        where TLayout : struct, IElementLayout =>
        (int)((element >> MantissaBits<TLayout>()) & ((1UL << TLayout.ExponentBits) - 1));

    /// <summary>Bits of the mantissa as written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MantissaBits<TLayout>()
        where TLayout : struct, IElementLayout => TLayout.Bits - 1 - TLayout.ExponentBits;

    /// <summary>All bits of an element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask<TLayout>()
        where TLayout : struct, IElementLayout => ulong.MaxValue >> (64 - TLayout.Bits);

    private static ulong Top<TLayout>()
        where TLayout : struct, IElementLayout => 1UL << (TLayout.Bits - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sign<TLayout>(ulong element)
        where TLayout : struct, IElementLayout => (ulong)((long)(element << (64 - TLayout.Bits)) >> 63);
}
