using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Zstd.Native;

namespace Kedge.Zstd;

/// <summary>
/// Compresses whole buffers to zstd frames (RFC 8878) that say how long their content is. One object serves one thread
/// at a time and keeps its memory between calls; the same input and settings give the same bytes with the same version
/// of the library.
/// </summary>
public sealed unsafe class ZstdCompressor : IDisposable
{
    private readonly CompressionHandle _context;

    /// <summary>Makes a compressor.</summary>
    /// <exception cref="KedgeException">The library is absent (KEDGE-CONTENT-020).</exception>
    public ZstdCompressor(ZstdSettings settings)
    {
        ZstdLibrary.Demand();
        Check.That(settings.Level is >= 1 and <= ZstdSettings.LevelMax);
        Check.That(settings.WindowLog is 0 or (>= 10 and <= ZstdSettings.WindowLogMax));
        _context = CompressionHandle.Create();
        Check.That(!_context.IsInvalid);
        Set(LibZstd.CompressionLevel, settings.Level);
        Set(LibZstd.WindowLog, settings.WindowLog);
        Set(LibZstd.LongDistanceMatching, settings.FindsFarMatches ? 1 : 0);
        Set(LibZstd.ContentSizeFlag, 1);
    }

    /// <summary>Room that any content of so many bytes fits in, in bytes.</summary>
    public static int Bound(int bytes) => checked((int)LibZstd.CompressBound((nuint)bytes));

    /// <summary>Compresses <paramref name="source"/> as one frame.</summary>
    /// <param name="source">The content.</param>
    /// <param name="prefix">Bytes that the reader has too and that the content may resemble; may be empty.</param>
    /// <param name="into">Where the frame goes.</param>
    /// <param name="written">Bytes of the frame; 0 when the answer is false.</param>
    /// <returns>False when the frame does not fit.</returns>
    public bool TryCompress(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> prefix, Span<byte> into, out int written)
    {
        fixed (byte* sourceAt = source)
        fixed (byte* prefixAt = prefix)
        fixed (byte* intoAt = into)
        {
            // A frame that did not fit is still open.
            _ = ZstdStatus.Demand(LibZstd.Reset(_context, LibZstd.SessionOnly), "begin a frame");
            // The library keeps the address for one frame only.
            nuint referred = LibZstd.ReferPrefix(_context, prefixAt, (nuint)prefix.Length);
            _ = ZstdStatus.Demand(referred, "refer to a prefix");
            nuint status = LibZstd.Compress(
                _context, intoAt, (nuint)into.Length, sourceAt, (nuint)source.Length);
            written = ZstdStatus.IsGood(status) ? (int)status : 0;
            return written > 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _context.Dispose();

    private void Set(int parameter, int value) =>
        _ = ZstdStatus.Demand(LibZstd.SetParameter(_context, parameter, value), "set a parameter");
}
