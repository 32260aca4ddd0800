using System.Numerics;
using System.Runtime.InteropServices;
using Kedge.Core;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// Changes the size of an image of bytes. The antialiasing filter follows Pillow's Resample.c step by step (two passes,
/// first along the rows; weights of 22 fractional bits; rounded to bytes in between), so that what a model was trained
/// on is what it gets. Source: Pillow 9.4, src/libImaging/Resample.c.
/// </summary>
internal static class Resampler
{
    private const int FractionBits = 32 - 8 - 2;

    /// <summary>Fills <paramref name="to"/>; both images have pixels and the same channels.</summary>
    internal static void Resize(
        ReadOnlySpan<byte> from, ImageSize source, Span<byte> to, ImageSize target, (ResizeFilter, GraphScratch) how)
    {
        (ResizeFilter filter, GraphScratch scratch) = how;
        switch (filter)
        {
            case ResizeFilter.Antialias:
                Antialias(from, source, to, target, scratch);
                break;
            case ResizeFilter.Bilinear:
                Bilinear(from, source, to, target, scratch);
                break;
            case ResizeFilter.Nearest:
                Nearest(from, source, to, target);
                break;
            case ResizeFilter.Unknown:
                throw Check.Unreachable(filter);
        }
    }

    /// <summary>Steps are added up, as Pillow does: the last bit decides a centre between two pixels.</summary>
    private static void Nearest(ReadOnlySpan<byte> from, ImageSize source, Span<byte> to, ImageSize target)
    {
        double stepX = (double)source.Width / target.Width;
        double stepY = (double)source.Height / target.Height;
        double down = stepY * 0.5;
        for (int y = 0; y < target.Height; y++, down += stepY)
        {
            int line = Math.Min((int)down, source.Height - 1);
            ReadOnlySpan<byte> row = from.Slice(line * source.RowBytes, source.RowBytes);
            Span<byte> made = to.Slice(y * target.RowBytes, target.RowBytes);
            double along = stepX * 0.5;
            for (int x = 0; x < target.Width; x++, along += stepX)
            {
                int column = Math.Min((int)along, source.Width - 1);
                row.Slice(column * source.Channels, source.Channels).CopyTo(made[(x * source.Channels)..]);
            }
        }
    }

    private static void Bilinear(
        ReadOnlySpan<byte> from, ImageSize source, Span<byte> to, ImageSize target, GraphScratch scratch)
    {
        Span<int> lefts = scratch.Take<int>(0, target.Width);
        Span<float> parts = scratch.Take<float>(1, target.Width);
        for (int x = 0; x < target.Width; x++)
        {
            lefts[x] = Neighbour(x, source.Width, target.Width, out parts[x]);
        }

        int channels = source.Channels;
        int last = (source.Width - 1) * channels;
        for (int y = 0; y < target.Height; y++)
        {
            int top = Neighbour(y, source.Height, target.Height, out float down);
            ReadOnlySpan<byte> upper = from.Slice(top * source.RowBytes, source.RowBytes);
            ReadOnlySpan<byte> lower = from.Slice(
                Math.Min(top + 1, source.Height - 1) * source.RowBytes, source.RowBytes);
            Span<byte> made = to.Slice(y * target.RowBytes, target.RowBytes);
            for (int x = 0; x < target.Width; x++)
            {
                int left = lefts[x] * channels;
                int right = Math.Min(left + channels, last);
                for (int channel = 0; channel < channels; channel++)
                {
                    float above = Between(upper[left + channel], upper[right + channel], parts[x]);
                    float below = Between(lower[left + channel], lower[right + channel], parts[x]);
                    made[(x * channels) + channel] = (byte)(above + ((below - above) * down) + 0.5f);
                }
            }
        }
    }

    private static float Between(float left, float right, float part) => left + ((right - left) * part);

    /// <summary>The pixel before the centre of a new one, and how far behind it that centre lies: 0..1.</summary>
    private static int Neighbour(int index, int source, int target, out float part)
    {
        double centre = ((index + 0.5) * source / target) - 0.5;
        centre = Math.Clamp(centre, 0, source - 1);
        int before = (int)centre;
        part = (float)(centre - before);
        return before;
    }

    private static void Antialias(
        ReadOnlySpan<byte> from, ImageSize source, Span<byte> to, ImageSize target, GraphScratch scratch)
    {
        if (source.Width == target.Width && source.Height == target.Height)
        {
            from.CopyTo(to);
            return;
        }

        ReadOnlySpan<byte> narrowed = from;
        if (source.Width != target.Width)
        {
            Kernel kernel = Kernel.Make(source.Width, target.Width, scratch);
            Span<byte> made = source.Height == target.Height
                ? to
                : scratch.Take<byte>(3, source.Height * target.RowBytes);
            for (int y = 0; y < source.Height; y++)
            {
                Along(
                    from.Slice(y * source.RowBytes, source.RowBytes),
                    made.Slice(y * target.RowBytes, target.RowBytes), source.Channels, kernel);
            }

            narrowed = made;
        }

        if (source.Height != target.Height)
        {
            Kernel kernel = Kernel.Make(source.Height, target.Height, scratch);
            for (int y = 0; y < target.Height; y++)
            {
                Across(narrowed, to.Slice(y * target.RowBytes, target.RowBytes), y, kernel);
            }
        }
    }

    private static void Along(ReadOnlySpan<byte> row, Span<byte> made, int channels, in Kernel kernel)
    {
        for (int x = 0; x * channels < made.Length; x++)
        {
            ReadOnlySpan<int> weights = kernel.Weights(x);
            ReadOnlySpan<byte> pixels = row.Slice(kernel.First(x) * channels, weights.Length * channels);
            if (channels == 3)
            {
                AlongThree(pixels, weights, made.Slice(x * 3, 3));
                continue;
            }

            for (int channel = 0; channel < channels; channel++)
            {
                int sum = 1 << (FractionBits - 1);
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += pixels[(i * channels) + channel] * weights[i];
                }

                made[(x * channels) + channel] = Clip(sum);
            }
        }
    }

    private static void AlongThree(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights, Span<byte> made)
    {
        int red = 1 << (FractionBits - 1);
        int green = red;
        int blue = red;
        for (int i = 0; i < weights.Length && pixels.Length >= 3; i++)
        {
            int weight = weights[i];
            red += pixels[0] * weight;
            green += pixels[1] * weight;
            blue += pixels[2] * weight;
            pixels = pixels[3..];
        }

        made[2] = Clip(blue);
        made[1] = Clip(green);
        made[0] = Clip(red);
    }

    private static void Across(ReadOnlySpan<byte> image, Span<byte> made, int y, in Kernel kernel)
    {
        ReadOnlySpan<int> weights = kernel.Weights(y);
        int rowBytes = made.Length;
        ReadOnlySpan<byte> rows = image.Slice(kernel.First(y) * rowBytes, weights.Length * rowBytes);
        int x = 0;
        for (; x + Vector<byte>.Count <= rowBytes; x += Vector<byte>.Count)
        {
            Four sums = new(new Vector<int>(1 << (FractionBits - 1)));
            for (int i = 0; i < weights.Length; i++)
            {
                sums.Add(new Vector<byte>(rows.Slice((i * rowBytes) + x, Vector<byte>.Count)), weights[i]);
            }

            sums.ToBytes(FractionBits).CopyTo(made[x..]);
        }

        for (; x < rowBytes; x++)
        {
            int sum = 1 << (FractionBits - 1);
            for (int i = 0; i < weights.Length; i++)
            {
                sum += rows[(i * rowBytes) + x] * weights[i];
            }

            made[x] = Clip(sum);
        }
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, 255);

    /// <summary>Sums of one vector of bytes, in four vectors of integers.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Four(Vector<int> start)
    {
        private Vector<int> _first = start;
        private Vector<int> _second = start;
        private Vector<int> _third = start;
        private Vector<int> _fourth = start;

        internal void Add(Vector<byte> pixels, int weight)
        {
            Vector.Widen(pixels, out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> first, out Vector<uint> second);
            Vector.Widen(high, out Vector<uint> third, out Vector<uint> fourth);
            _first += first.As<uint, int>() * weight;
            _second += second.As<uint, int>() * weight;
            _third += third.As<uint, int>() * weight;
            _fourth += fourth.As<uint, int>() * weight;
        }

        internal readonly Vector<byte> ToBytes(int bits) => Vector.Narrow(
            Vector.Narrow(Byte(_first, bits), Byte(_second, bits)),
            Vector.Narrow(Byte(_third, bits), Byte(_fourth, bits)));

        private static Vector<uint> Byte(Vector<int> sum, int bits) => Vector.Min(
            Vector.Max(sum >> bits, Vector<int>.Zero), new Vector<int>(255)).As<int, uint>();
    }

    /// <summary>Which pixels make a new one along one axis, and with which weight.</summary>
    private readonly ref struct Kernel
    {
        private readonly Span<int> _bounds;
        private readonly Span<int> _weights;
        private readonly int _width;

        private Kernel(Span<int> bounds, Span<int> weights, int width)
        {
            _bounds = bounds;
            _weights = weights;
            _width = width;
        }

        internal int First(int index) => _bounds[index * 2];

        internal ReadOnlySpan<int> Weights(int index) => _weights.Slice(index * _width, _bounds[(index * 2) + 1]);

        internal static Kernel Make(int source, int target, GraphScratch scratch)
        {
            double scale = (double)source / target;
            double reach = Math.Max(scale, 1.0);
            int width = ((int)Math.Ceiling(reach) * 2) + 1;
            Kernel kernel = new(
                scratch.Take<int>(0, target * 2), scratch.Take<int>(1, checked(target * width)), width);
            Span<double> exact = scratch.Take<double>(2, width);
            for (int x = 0; x < target; x++)
            {
                double centre = (x + 0.5) * scale;
                int first = Math.Max((int)(centre - reach + 0.5), 0);
                int count = Math.Min((int)(centre + reach + 0.5), source) - first;
                kernel._bounds[x * 2] = first;
                kernel._bounds[(x * 2) + 1] = count;
                double sum = 0;
                for (int i = 0; i < count; i++)
                {
                    double distance = Math.Abs((i + first - centre + 0.5) * (1.0 / reach));
                    exact[i] = distance < 1.0 ? 1.0 - distance : 0;
                    sum += exact[i];
                }

                for (int i = 0; i < count; i++)
                {
                    double weight = sum != 0 ? exact[i] / sum : exact[i];
                    kernel._weights[(x * width) + i] = (int)(0.5 + (weight * (1 << FractionBits)));
                }
            }

            return kernel;
        }
    }
}
