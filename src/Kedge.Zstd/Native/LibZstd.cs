using System.Runtime.InteropServices;

namespace Kedge.Zstd.Native;

/// <summary>The functions of <c>libzstd.so.1</c> that are used here: all of its stable interface since 1.4.0
/// (<c>zstd.h</c>).</summary>
internal static unsafe partial class LibZstd
{
    /// <summary>As in Debian's libzstd1 and every other system's: the name holds since version 1.0.</summary>
    public const string Library = "libzstd.so.1";

    /// <summary><c>ZSTD_c_compressionLevel</c>.</summary>
    public const int CompressionLevel = 100;

    /// <summary><c>ZSTD_c_windowLog</c>.</summary>
    public const int WindowLog = 101;

    /// <summary><c>ZSTD_c_enableLongDistanceMatching</c>.</summary>
    public const int LongDistanceMatching = 160;

    /// <summary><c>ZSTD_c_contentSizeFlag</c>.</summary>
    public const int ContentSizeFlag = 200;

    /// <summary><c>ZSTD_reset_session_only</c>.</summary>
    public const int SessionOnly = 1;

    /// <summary><c>ZSTD_d_windowLogMax</c>.</summary>
    public const int WindowLogMax = 100;

    [LibraryImport(Library, EntryPoint = "ZSTD_versionNumber")]
    public static partial uint Version();

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    public static partial byte* ErrorName(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressBound")]
    public static partial nuint CompressBound(nuint bytes);

    [LibraryImport(Library, EntryPoint = "ZSTD_getFrameContentSize")]
    public static partial ulong FrameContentSize(byte* source, nuint bytes);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    public static partial nint CreateCompression();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    public static partial nuint FreeCompression(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    public static partial nuint SetParameter(CompressionHandle context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_reset")]
    public static partial nuint Reset(CompressionHandle context, int what);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_refPrefix")]
    public static partial nuint ReferPrefix(CompressionHandle context, byte* prefix, nuint bytes);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress2")]
    public static partial nuint Compress(
        CompressionHandle context, byte* into, nuint intoBytes, byte* source, nuint sourceBytes);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    public static partial nint CreateDecompression();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    public static partial nuint FreeDecompression(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_setParameter")]
    public static partial nuint SetParameter(DecompressionHandle context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_refPrefix")]
    public static partial nuint ReferPrefix(DecompressionHandle context, byte* prefix, nuint bytes);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    public static partial nuint Decompress(
        DecompressionHandle context, byte* into, nuint intoBytes, byte* source, nuint sourceBytes);
}
