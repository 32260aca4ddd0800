using System.Runtime.InteropServices;

namespace Kedge.Imaging.Native;

/// <summary>The functions of libspng that decode. Source: spng.h of libspng 0.7; the ABI of libspng.so.0.</summary>
internal sealed unsafe class PngLibrary
{
    private const int FormatRgb8 = 4;
    private const int SideMax = 1 << 20;
    private const int ChunkBytesMax = 4 * 1024 * 1024;

    private readonly delegate* unmanaged<int, nint> _new;
    private readonly delegate* unmanaged<nint, void> _free;
    private readonly delegate* unmanaged<nint, uint, uint, int> _limitImage;
    private readonly delegate* unmanaged<nint, nuint, nuint, int> _limitChunks;
    private readonly delegate* unmanaged<nint, byte*, nuint, int> _setBuffer;
    private readonly delegate* unmanaged<nint, PngHeader*, int> _header;
    private readonly delegate* unmanaged<nint, int, nuint*, int> _size;
    private readonly delegate* unmanaged<nint, byte*, nuint, int, int, int> _decode;
    private readonly delegate* unmanaged<int, byte*> _error;

    internal PngLibrary()
    {
        nint library = ImagingLibraries.Load(ImagingLibraries.Png);
        _new = (delegate* unmanaged<int, nint>)ImagingLibraries.Export(library, "spng_ctx_new");
        _free = (delegate* unmanaged<nint, void>)ImagingLibraries.Export(library, "spng_ctx_free");
        _limitImage = (delegate* unmanaged<nint, uint, uint, int>)
            ImagingLibraries.Export(library, "spng_set_image_limits");
        _limitChunks = (delegate* unmanaged<nint, nuint, nuint, int>)
            ImagingLibraries.Export(library, "spng_set_chunk_limits");
        _setBuffer = (delegate* unmanaged<nint, byte*, nuint, int>)
            ImagingLibraries.Export(library, "spng_set_png_buffer");
        _header = (delegate* unmanaged<nint, PngHeader*, int>)ImagingLibraries.Export(library, "spng_get_ihdr");
        _size = (delegate* unmanaged<nint, int, nuint*, int>)
            ImagingLibraries.Export(library, "spng_decoded_image_size");
        _decode = (delegate* unmanaged<nint, byte*, nuint, int, int, int>)
            ImagingLibraries.Export(library, "spng_decode_image");
        _error = (delegate* unmanaged<int, byte*>)ImagingLibraries.Export(library, "spng_strerror");
    }

    internal nint Open() => _new(0);

    internal void Close(nint context) => _free(context);

    /// <summary>Takes a file, which must stay where it is until the context is closed; reads its head.</summary>
    internal bool TryHeader(PngHandle context, byte* file, int byteCount, out PngHeader header, out string said)
    {
        PngHeader read = default;
        int status = _limitImage(context.Value, SideMax, SideMax);
        status = status != 0 ? status : _limitChunks(context.Value, ChunkBytesMax, ChunkBytesMax);
        status = status != 0 ? status : _setBuffer(context.Value, file, (nuint)byteCount);
        status = status != 0 ? status : _header(context.Value, &read);
        header = read;
        said = Said(status);
        return status == 0;
    }

    /// <summary>Decodes as RGB of 8 bits, whatever the file holds; alpha is left out.</summary>
    internal bool TryDecode(PngHandle context, Span<byte> pixels, out string said)
    {
        nuint size = 0;
        int status = _size(context.Value, FormatRgb8, &size);
        if (status == 0 && size != (nuint)pixels.Length)
        {
            said = "its size is not that of its head";
            return false;
        }

        fixed (byte* to = pixels)
        {
            status = status != 0 ? status : _decode(context.Value, to, size, FormatRgb8, 0);
        }

        said = Said(status);
        return status == 0;
    }

    private string Said(int status) => status == 0 ? "" : Marshal.PtrToStringUTF8((nint)_error(status)) ?? "";
}

/// <summary><c>struct spng_ihdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PngHeader
{
    internal uint Width;
    internal uint Height;
    internal byte BitDepth;
    internal byte ColorType;
    internal byte CompressionMethod;
    internal byte FilterMethod;
    internal byte InterlaceMethod;
}
