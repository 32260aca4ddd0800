using System.Buffers;
using Kedge.Core.Errors;
using Kedge.Imaging.Native;
using Kedge.Inference.Graphs;
using Kedge.Inference.Tensors;

namespace Kedge.Imaging;

/// <summary>
/// Problem: images come from whoever can reach the server, and decoders are where servers are broken. Approach: two
/// well-kept native libraries behind one function; what an image claims to be is read and bounded before a pixel of it
/// is decoded. Invariants: never more than the allowed pixels, never a half image: one that is cut off or damaged is
/// refused. It deliberately knows no other formats, no animation, no colour profiles, and leaves alpha out. Safe to use
/// from several threads.
/// </summary>
public sealed class NativeImages
{
    private const int PooledDecodersMax = 16;
    private readonly Lock _gate = new();
    private readonly Stack<JpegHandle> _decoders = new(PooledDecodersMax);
    private readonly JpegLibrary _jpeg = new();
    private readonly PngLibrary _png = new();

    /// <summary>Loads the libraries.</summary>
    /// <exception cref="KedgeException">One is absent (KEDGE-SERVE-040).</exception>
    public NativeImages()
    {
    }

    /// <summary>As <see cref="ImageDecoder"/> says.</summary>
    public Finding? Decode(ReadOnlySpan<byte> file, in ImageTerms terms, Tensor pixels)
    {
        if (file.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
        {
            return DecodeJpeg(file, terms, pixels);
        }

        return file.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])
            ? DecodePng(file, terms, pixels)
            : GraphErrors.ImageInvalid.At("The bytes begin neither as a JPEG nor as a PNG.");
    }

    private Finding? DecodeJpeg(ReadOnlySpan<byte> file, in ImageTerms terms, Tensor pixels)
    {
        JpegHandle decoder = Rent();
        Finding? fault = DecodeJpeg(decoder, file, terms, pixels);
        if (fault is null)
        {
            Turn(pixels, terms.Upright ? ExifOrientation.Of(file) : ExifOrientation.Upright);
            Return(decoder);
        }
        else
        {
            decoder.Dispose(); // After an error it would go on in the middle of the broken image.
        }

        return fault;
    }

    private Finding? DecodeJpeg(JpegHandle decoder, ReadOnlySpan<byte> file, in ImageTerms terms, Tensor pixels)
    {
        if (!_jpeg.TryHeader(decoder, file, out JpegHeader header, out string said))
        {
            return GraphErrors.ImageInvalid.At($"The JPEG is broken: {said}.");
        }

        if (header.Colours is JpegLibrary.ColoursCmyk or JpegLibrary.ColoursYcck)
        {
            return GraphErrors.ImageUnsupported.At("The JPEG is CMYK.");
        }

        if (Shape(header.Width, header.Height, terms.Channels, terms, pixels) is { } fault)
        {
            return fault;
        }

        int format = terms.Channels == 1 ? JpegLibrary.PixelsGrey : JpegLibrary.PixelsRgb;
        return _jpeg.TryDecode(decoder, file, pixels.Bytes, (header, format), out said)
            ? null
            : GraphErrors.ImageInvalid.At($"The JPEG is broken: {said}.");
    }

    private unsafe Finding? DecodePng(ReadOnlySpan<byte> file, in ImageTerms terms, Tensor pixels)
    {
        fixed (byte* bytes = file)
        {
            using PngHandle context = new(_png);
            if (context.IsInvalid)
            {
                return GraphErrors.ImageInvalid.At("There is no memory to decode the PNG.");
            }

            if (!_png.TryHeader(context, bytes, file.Length, out PngHeader header, out string said))
            {
                return GraphErrors.ImageInvalid.At($"The PNG is broken: {said}.");
            }

            if (Shape(header.Width, header.Height, 3, terms, pixels) is { } fault)
            {
                return fault;
            }

            if (!_png.TryDecode(context, pixels.Bytes, out said))
            {
                return GraphErrors.ImageInvalid.At($"The PNG is broken: {said}.");
            }
        }

        if (terms.Channels == 1)
        {
            MakeGrey(pixels);
        }

        return null;
    }

    private static Finding? Shape(long width, long height, int channels, in ImageTerms terms, Tensor pixels)
    {
        ReadOnlySpan<long> shape = [height, width, channels];
        return width < 1 || height < 1 || width * height > terms.PixelsMax || !pixels.TryShape(shape)
            ? GraphErrors.ImageTooLarge.At(
                $"An image of {width} by {height} is more than the {terms.PixelsMax} pixels that are taken.")
            : null;
    }

    private static void Turn(Tensor pixels, int orientation)
    {
        if (orientation == ExifOrientation.Upright)
        {
            return;
        }

        (int height, int width, int channels) = ((int)pixels.Shape[0], (int)pixels.Shape[1], (int)pixels.Shape[2]);
        byte[] lying = ArrayPool<byte>.Shared.Rent(pixels.Bytes.Length);
        try
        {
            pixels.Bytes.CopyTo(lying);
            if (Turning.IsSideways(orientation))
            {
                Core.Check.That(pixels.TryShape([width, height, channels]));
            }

            Turning.Turn(lying, pixels.Bytes, (height, width, channels), orientation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(lying);
        }
    }

    /// <summary>
    /// In place, since a grey pixel lies before the three bytes that it is made of; the weights of ITU-R BT.601 in 16
    /// bits, as Pillow has them.
    /// </summary>
    private static void MakeGrey(Tensor pixels)
    {
        Span<byte> bytes = pixels.Bytes;
        for (int i = 0; i < bytes.Length / 3; i++)
        {
            ReadOnlySpan<byte> colour = bytes.Slice(i * 3, 3);
            bytes[i] = (byte)(((colour[0] * 19595) + (colour[1] * 38470) + (colour[2] * 7471) + 0x8000) >> 16);
        }

        Core.Check.That(pixels.TryShape([pixels.Shape[0], pixels.Shape[1], 1]));
    }

    private JpegHandle Rent()
    {
        lock (_gate)
        {
            if (_decoders.TryPop(out JpegHandle? decoder))
            {
                return decoder;
            }
        }

        JpegHandle made = new(_jpeg);
        Core.Check.That(!made.IsInvalid);
        return made;
    }

    private void Return(JpegHandle decoder)
    {
        lock (_gate)
        {
            if (_decoders.Count < PooledDecodersMax)
            {
                _decoders.Push(decoder);
                return;
            }
        }

        decoder.Dispose();
    }
}
