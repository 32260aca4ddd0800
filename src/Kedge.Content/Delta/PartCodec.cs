using Kedge.Content.Delta.Coding;
using Kedge.Content.Formats;
using Kedge.Core;

namespace Kedge.Content.Delta;

/// <summary>
/// Which codec makes the elements of a part, and what its choice means: low bits left out for numbers
/// (<see cref="PreviousFlag"/> added where integers are taken from the one before), for bytes against the base 0 for
/// the
/// old byte as context and a period for ratios, for bytes by themselves 0 for their spread and a stride for their
/// place.
/// </summary>
internal static class PartCodec
{
    /// <summary>Longest stride of bytes by place: the blocks of a quantised format have up to 210 bytes.</summary>
    public const int StrideMax = 255;

    /// <summary>Added to the choice where integers are taken from the one before.</summary>
    public const int PreviousFlag = 64;

    /// <summary>Codes the elements of one part.</summary>
    /// <param name="coder">Writes, reads or weighs.</param>
    /// <param name="models">What was learned in the segment so far.</param>
    /// <param name="part">A part that <see cref="IsPossible"/>.</param>
    /// <param name="values">Its bytes: taken from here or put here.</param>
    /// <param name="olds">As many of the base, for differences; may be the same memory when reading.</param>
    public static void Code<TCoder>(
        ref TCoder coder, DeltaModels models, SegmentPart part, Span<byte> values, ReadOnlySpan<byte> olds)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        switch (part.Element)
        {
            case ElementKind.Float32:
                CodeNumbers<TCoder, Float32Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.Float16:
                CodeNumbers<TCoder, Float16Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.BFloat16:
                CodeNumbers<TCoder, BFloat16Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.Float64:
                CodeNumbers<TCoder, Float64Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.Int16:
                CodeNumbers<TCoder, Word16Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.Int32:
                CodeNumbers<TCoder, Word32Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.Int64:
                CodeNumbers<TCoder, Word64Layout>(ref coder, models, part, values, olds);
                return;
            case ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4 or ElementKind.Unknown:
                CodeBytes(ref coder, models, part, values, olds);
                return;
            default:
                throw Check.Unreachable(part.Element);
        }
    }

    /// <summary>True where a part's length and choice are such that its codec can work on it.</summary>
    public static bool IsPossible(SegmentPart part)
    {
        int bits = ElementKinds.Bytes(part.Element) * 8;
        if (part.Bytes % (bits / 8) != 0 || part.Choice < 0)
        {
            return false;
        }

        if (bits == 8)
        {
            return part.Choice <= (part.Kind == PartKind.Difference ? RatioCodec.PeriodMax : StrideMax);
        }

        return part.Kind == PartKind.Difference ? part.Choice < bits
            : ElementKinds.IsFloat(part.Element) ? part.Choice <= MantissaBits(part.Element)
            : (part.Choice & ~PreviousFlag) < bits && part.Choice < PreviousFlag * 2;
    }

    /// <summary>Bits of the mantissa as written; 0 for other elements.</summary>
    public static int MantissaBits(ElementKind element) => element switch
    {
        ElementKind.Float32 => ElementOrder.MantissaBits<Float32Layout>(),
        ElementKind.Float16 => ElementOrder.MantissaBits<Float16Layout>(),
        ElementKind.BFloat16 => ElementOrder.MantissaBits<BFloat16Layout>(),
        ElementKind.Float64 => ElementOrder.MantissaBits<Float64Layout>(),
        ElementKind.Unknown or ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4 => 0,
        ElementKind.Int16 or ElementKind.Int32 or ElementKind.Int64 => 0,
    };

    private static void CodeNumbers<TCoder, TLayout>(
        ref TCoder coder, DeltaModels models, SegmentPart part, Span<byte> values, ReadOnlySpan<byte> olds)
        where TCoder : struct, IEntropyCoder, allows ref struct
        where TLayout : struct, IElementLayout
    {
        if (part.Kind == PartKind.Difference)
        {
            DifferenceChoice choice = new(DifferenceReference.Base, part.Choice);
            DifferenceModels learned = models.Difference(part.Element, isAlone: false);
            DifferenceCodec.Code<TCoder, TLayout>(ref coder, learned, values, olds, choice);
        }
        else if (TLayout.ExponentBits > 0)
        {
            FloatCodec.Code<TCoder, TLayout>(ref coder, models.Float(part.Element), values, part.Choice);
        }
        else
        {
            bool isPrevious = (part.Choice & PreviousFlag) != 0;
            DifferenceChoice choice = new(
                isPrevious ? DifferenceReference.Previous : DifferenceReference.Zero, part.Choice & ~PreviousFlag);
            DifferenceModels learned = models.Difference(part.Element, isAlone: true);
            DifferenceCodec.Code<TCoder, TLayout>(ref coder, learned, values, olds, choice);
        }
    }

    private static void CodeBytes<TCoder>(
        ref TCoder coder, DeltaModels models, SegmentPart part, Span<byte> values, ReadOnlySpan<byte> olds)
        where TCoder : struct, IEntropyCoder, allows ref struct
    {
        byte middle = part.Element == ElementKind.UInt8 ? (byte)128 : (byte)0;
        switch (part.Kind == PartKind.Difference, part.Choice)
        {
            case (true, 0):
                ByteCodec.CodeByOld(ref coder, models.Bytes(0), values, olds);
                return;
            case (true, _):
                RatioCodec.Code(ref coder, models.Ratio(), values, olds, new RatioShape(middle, part.Choice));
                return;
            case (false, 0):
                ByteCodec.CodeBySpread(ref coder, models.Bytes(2), values, middle);
                return;
            default:
                ByteCodec.CodeByPlace(ref coder, models.Bytes(1), values, part.Choice);
                return;
        }
    }
}
