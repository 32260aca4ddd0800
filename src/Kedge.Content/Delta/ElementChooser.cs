using Kedge.Content.Delta.Coding;
using Kedge.Content.Formats;

namespace Kedge.Content.Delta;

/// <summary>
/// Chooses the codec for a run of elements: weighs each on a sample of a few thousand and takes the one that comes out
/// smallest. Sampling bounds what choosing costs; elements of one tensor are of one kind, so a sample speaks for all.
/// </summary>
internal sealed class ElementChooser
{
    private const int SlicesMax = 4;
    private const int SliceBytes = 8 * 1024;

    private static readonly int[] Strides = [1, 2, 4, 8, 18, 20, 22, 24, 34, 36, 84, 110, 144, 176, 210];
    private readonly DeltaModels _models = new();

    /// <summary>Chooses.</summary>
    /// <param name="element">What the elements are.</param>
    /// <param name="values">Their bytes, whole elements.</param>
    /// <param name="olds">As many bytes of the base; empty when there are none.</param>
    /// <param name="from">Where those begin in the base.</param>
    public SegmentPart Choose(ElementKind element, Span<byte> values, ReadOnlySpan<byte> olds, long from)
    {
        SegmentPart best = new(PartKind.Literal, values.Length);
        long bestBits = (long)Sampled(values.Length, ElementKinds.Bytes(element)) * 8;
        foreach (SegmentPart candidate in Candidates(element, values.Length, olds.IsEmpty))
        {
            SegmentPart part = candidate with { From = candidate.UsesBase ? from : 0 };
            part = WithShift(part, values, olds);
            long bits = Weigh(part, values, olds);
            if (bits < bestBits)
            {
                best = part;
                bestBits = bits;
            }
        }

        return best;
    }

    private static IEnumerable<SegmentPart> Candidates(ElementKind element, int bytes, bool isWithoutBase)
    {
        bool isByte = ElementKinds.Bytes(element) == 1;
        if (!isWithoutBase)
        {
            yield return new SegmentPart(PartKind.Difference, bytes, 0, element);
        }

        yield return new SegmentPart(PartKind.Alone, bytes, 0, element);
        if (!isByte && !ElementKinds.IsFloat(element))
        {
            yield return new SegmentPart(PartKind.Alone, bytes, 0, element, PartCodec.PreviousFlag);
        }

        if (isByte && !isWithoutBase && element is ElementKind.Int8 or ElementKind.UInt8)
        {
            yield return new SegmentPart(PartKind.Difference, bytes, 0, element, 1);
        }

        if (element is ElementKind.Unknown or ElementKind.Packed4)
        {
            foreach (int stride in Strides)
            {
                yield return new SegmentPart(PartKind.Alone, bytes, 0, element, stride);
            }
        }
    }

    private long Weigh(SegmentPart part, Span<byte> values, ReadOnlySpan<byte> olds)
    {
        EntropyCost cost = default;
        _models.Begin();
        int elementBytes = ElementKinds.Bytes(part.Element);
        int slices = values.Length <= SlicesMax * SliceBytes ? 1 : SlicesMax;
        int sliceBytes = slices == 1 ? values.Length : SliceBytes;
        for (int slice = 0; slice < slices; slice++)
        {
            int at = slices == 1 ? 0 : (int)((long)(values.Length - sliceBytes) * slice / (slices - 1));
            at -= at % elementBytes;
            ReadOnlySpan<byte> old = part.UsesBase ? olds.Slice(at, sliceBytes) : default;
            SegmentPart sample = part with { Bytes = sliceBytes };
            PartCodec.Code(ref cost, _models, sample, values.Slice(at, sliceBytes), old);
        }

        return cost.Bits;
    }

    private static int Sampled(int bytes, int elementBytes) =>
        bytes <= SlicesMax * SliceBytes ? bytes : SlicesMax * (SliceBytes - (SliceBytes % elementBytes));

    private static SegmentPart WithShift(SegmentPart part, ReadOnlySpan<byte> values, ReadOnlySpan<byte> olds) =>
        part.Element switch
        {
            ElementKind.Float32 => ZeroBits.Fit<Float32Layout>(part, values, olds),
            ElementKind.Float16 => ZeroBits.Fit<Float16Layout>(part, values, olds),
            ElementKind.BFloat16 => ZeroBits.Fit<BFloat16Layout>(part, values, olds),
            ElementKind.Float64 => ZeroBits.Fit<Float64Layout>(part, values, olds),
            ElementKind.Int16 => ZeroBits.Fit<Word16Layout>(part, values, olds),
            ElementKind.Int32 => ZeroBits.Fit<Word32Layout>(part, values, olds),
            ElementKind.Int64 => ZeroBits.Fit<Word64Layout>(part, values, olds),
            ElementKind.Unknown or ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4 => part,
        };
}
