using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// Makes 8-bit integers of the weights of each output channel: w becomes q = round(w / s) with -127 &lt;= q &lt;= 127,
/// one scale s for each channel and no zero point (Jacob et al. 2018, arXiv:1712.05877, section 2.1; one scale for
/// each channel after Krishnamoorthi 2018, arXiv:1806.08342, section 3.1). Then |w - s q| &lt;= s / 2.
/// </summary>
internal static class ChannelQuantizer
{
    private const int QuantizedMax = 127;

    /// <summary>How the weights of a channel lie among the others.</summary>
    /// <param name="Outer">Product of the extents before the channel's axis.</param>
    /// <param name="Channels">Extent of the channel's axis.</param>
    /// <param name="Inner">Product of the extents behind it.</param>
    public readonly record struct Layout(int Outer, int Channels, int Inner)
    {
        /// <summary>The layout of a tensor whose channels lie on an axis.</summary>
        public static Layout Of(ImmutableArray<long> dims, int axis) => new(
            (int)dims[..axis].Aggregate(1L, static (product, extent) => product * extent),
            (int)dims[axis],
            (int)dims[(axis + 1)..].Aggregate(1L, static (product, extent) => product * extent));

        /// <summary>How many weights one channel has.</summary>
        public int Depth => Outer * Inner;

        /// <summary>Where the weight of a channel lies that is the nth of it.</summary>
        public int IndexOf(int channel, int nth) =>
            ((((nth / Inner) * Channels) + channel) * Inner) + (nth % Inner);
    }

    /// <summary>True when every weight is a number.</summary>
    public static bool IsFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Scales from the largest weight of each channel.</summary>
    public static float[] Scales(ReadOnlySpan<float> values, Layout layout)
    {
        float[] scales = new float[layout.Channels];
        for (int channel = 0; channel < scales.Length; channel++)
        {
            double largest = 0;
            for (int nth = 0; nth < layout.Depth; nth++)
            {
                largest = Math.Max(largest, Math.Abs((double)values[layout.IndexOf(channel, nth)]));
            }

            scales[channel] = Scale(largest);
        }

        return scales;
    }

    /// <summary>
    /// Scales with which neighbours add up to at most 128 in either direction. Processors that have AVX2 but not VNNI
    /// multiply pairs of neighbours by unsigned activations and add both products in 16 bits with saturation
    /// (VPMADDUBSW, Intel 64 instruction set reference): 255 * 128 still fits, 255 * 254 would be cut off and give
    /// other answers than on other processors. The usual remedy gives up one bit of every weight; this one costs as
    /// much only where two of the largest weights of a channel are neighbours.
    /// </summary>
    public static float[] PairedScales(ReadOnlySpan<float> values, Layout layout)
    {
        float[] scales = new float[layout.Channels];
        for (int channel = 0; channel < scales.Length; channel++)
        {
            double largest = 0;
            for (int nth = 0; nth < layout.Depth; nth += 2)
            {
                double one = values[layout.IndexOf(channel, nth)];
                double other = nth + 1 < layout.Depth ? values[layout.IndexOf(channel, nth + 1)] : 0;
                largest = Math.Max(largest, Math.Max(one, 0) + Math.Max(other, 0));
                largest = Math.Max(largest, Math.Max(-one, 0) + Math.Max(-other, 0));
            }

            scales[channel] = Scale(largest);
        }

        return scales;
    }

    /// <summary>The integers, in the places of the weights or laid out anew.</summary>
    /// <param name="values">The weights.</param>
    /// <param name="layout">Where the channels lie in them.</param>
    /// <param name="scales">One for each channel.</param>
    /// <param name="channelsLast">True lays them out as [depth, channels]; false keeps the places.</param>
    public static byte[] Quantize(ReadOnlySpan<float> values, Layout layout, float[] scales, bool channelsLast)
    {
        byte[] quantized = new byte[values.Length];
        for (int channel = 0; channel < layout.Channels; channel++)
        {
            double scale = scales[channel];
            for (int nth = 0; nth < layout.Depth; nth++)
            {
                int index = layout.IndexOf(channel, nth);
                double rounded = Math.Round(values[index] / scale, MidpointRounding.ToEven);
                int at = channelsLast ? (nth * layout.Channels) + channel : index;
                quantized[at] = (byte)(sbyte)Math.Clamp(rounded, -QuantizedMax, QuantizedMax);
            }
        }

        return quantized;
    }

    /// <summary>A channel of nothing, or of next to nothing, becomes zeros: any scale does.</summary>
    private static float Scale(double largest)
    {
        double scale = largest / QuantizedMax;
        Check.That(double.IsFinite(scale));
        return scale < 1.17549435e-38 ? 1 : (float)scale;
    }
}
