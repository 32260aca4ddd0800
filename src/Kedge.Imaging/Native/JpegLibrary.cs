using System.Runtime.InteropServices;

namespace Kedge.Imaging.Native;

/// <summary>
/// The functions of libturbojpeg that decode. Source: turbojpeg.h of libjpeg-turbo 2.1; the ABI of libturbojpeg.so.0.
/// </summary>
internal sealed unsafe class JpegLibrary
{
    internal const int PixelsRgb = 0;
    internal const int PixelsGrey = 6;
    internal const int ColoursCmyk = 3;
    internal const int ColoursYcck = 4;

    /// <summary>A warning is a broken image; and a progressive image has at most 500 scans.</summary>
    private const int StopOnWarning = 8192;
    private const int LimitScans = 32768;

    private readonly delegate* unmanaged<nint> _init;
    private readonly delegate* unmanaged<nint, byte*, nuint, int*, int*, int*, int*, int> _header;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, int, int, int, int, int, int> _decompress;
    private readonly delegate* unmanaged<nint, int> _destroy;
    private readonly delegate* unmanaged<nint, byte*> _error;

    internal JpegLibrary()
    {
        nint library = ImagingLibraries.Load(ImagingLibraries.Jpeg);
        _init = (delegate* unmanaged<nint>)ImagingLibraries.Export(library, "tjInitDecompress");
        _header = (delegate* unmanaged<nint, byte*, nuint, int*, int*, int*, int*, int>)
            ImagingLibraries.Export(library, "tjDecompressHeader3");
        _decompress = (delegate* unmanaged<nint, byte*, nuint, byte*, int, int, int, int, int, int>)
            ImagingLibraries.Export(library, "tjDecompress2");
        _destroy = (delegate* unmanaged<nint, int>)ImagingLibraries.Export(library, "tjDestroy");
        _error = (delegate* unmanaged<nint, byte*>)ImagingLibraries.Export(library, "tjGetErrorStr2");
    }

    /// <summary>A decoder that may be used for one image after the other; 0 when there is no memory.</summary>
    internal nint Open() => _init();

    internal void Close(nint decoder) => _destroy(decoder);

    /// <summary>Reads size and colours of an image; false with what the library said.</summary>
    internal bool TryHeader(JpegHandle decoder, ReadOnlySpan<byte> file, out JpegHeader header, out string said)
    {
        int width;
        int height;
        int sampling;
        int colours;
        fixed (byte* bytes = file)
        {
            bool holds = _header(
                decoder.Value, bytes, (nuint)file.Length, &width, &height, &sampling, &colours) == 0;
            header = holds ? new JpegHeader(width, height, colours) : default;
            said = holds ? "" : Said(decoder);
            return holds;
        }
    }

    /// <summary>Decodes into memory of the whole image, rows without gaps.</summary>
    internal bool TryDecode(
        JpegHandle decoder, ReadOnlySpan<byte> file, Span<byte> pixels, (JpegHeader Header, int Format) what,
        out string said)
    {
        fixed (byte* bytes = file)
        fixed (byte* to = pixels)
        {
            bool holds = _decompress(
                decoder.Value, bytes, (nuint)file.Length, to, what.Header.Width, 0, what.Header.Height, what.Format,
                StopOnWarning | LimitScans) == 0;
            said = holds ? "" : Said(decoder);
            return holds;
        }
    }

    private string Said(JpegHandle decoder) => Marshal.PtrToStringUTF8((nint)_error(decoder.Value)) ?? "";
}

/// <summary>What the head of a JPEG says.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Colours">TJCS of turbojpeg.h.</param>
internal readonly record struct JpegHeader(int Width, int Height, int Colours);
