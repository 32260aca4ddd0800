using System.Numerics;
using Kedge.Content.Delta.Coding;

namespace Kedge.Content.Delta;

/// <summary>Finds low bits that are zero in all elements of a run, or in all their differences, so that they cost
/// nothing: numbers that were rounded to fewer bits, or stored wider than they are.</summary>
internal static class ZeroBits
{
    /// <summary>The part with its choice of low bits made.</summary>
    public static SegmentPart Fit<TLayout>(SegmentPart part, ReadOnlySpan<byte> values, ReadOnlySpan<byte> olds)
        where TLayout : struct, IElementLayout
    {
        bool isPrevious = !part.UsesBase && (part.Choice & PartCodec.PreviousFlag) != 0;
        ulong set = 0;
        ulong previous = 0;
        int count = values.Length / (TLayout.Bits / 8);
        for (int index = 0; index < count && (set & 1) == 0; index++)
        {
            ulong value = TLayout.Load(values, index);
            if (part.UsesBase)
            {
                ulong old = ElementOrder.Ordered<TLayout>(TLayout.Load(olds, index));
                set |= ElementOrder.Ordered<TLayout>(value) - old;
            }
            else
            {
                set |= value - (isPrevious ? previous : 0);
                previous = value;
            }
        }

        int shift = Math.Min(BitOperations.TrailingZeroCount(set), TLayout.Bits - 1);
        if (!part.UsesBase && TLayout.ExponentBits > 0)
        {
            shift = Math.Min(shift, ElementOrder.MantissaBits<TLayout>());
        }

        return part with { Choice = part.Choice + shift };
    }
}
