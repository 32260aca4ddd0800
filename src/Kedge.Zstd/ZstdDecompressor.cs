using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Zstd.Native;

namespace Kedge.Zstd;

/// <summary>
/// Reads zstd frames from anybody. The caller says how many bytes must come out and owns the room for them, so that a
/// frame that claims or holds more can take nothing: output goes straight there and the library needs no window of its
/// own, only some 160 KiB whatever the frame says. One object serves one thread at a time.
/// </summary>
public sealed unsafe class ZstdDecompressor : IDisposable
{
    private readonly DecompressionHandle _context;

    /// <summary>Makes a decompressor.</summary>
    /// <exception cref="KedgeException">The library is absent (KEDGE-CONTENT-020).</exception>
    public ZstdDecompressor()
    {
        ZstdLibrary.Demand();
        _context = DecompressionHandle.Create();
        Check.That(!_context.IsInvalid);
        nuint bounded = LibZstd.SetParameter(_context, LibZstd.WindowLogMax, ZstdSettings.WindowLogMax);
        _ = ZstdStatus.Demand(bounded, "bound the window");
    }

    /// <summary>How many bytes a frame says it holds. It may lie: take it for a hint, and bound it.</summary>
    /// <returns>False when the bytes are no zstd frame, or do not say so.</returns>
    public static bool TryContentBytes(ReadOnlySpan<byte> frame, out long bytes)
    {
        fixed (byte* frameAt = frame)
        {
            // The two highest values stand for "unknown" and "not a frame".
            ulong found = ZstdLibrary.IsPresent
                ? LibZstd.FrameContentSize(frameAt, (nuint)frame.Length)
                : ulong.MaxValue;
            bytes = found <= long.MaxValue ? (long)found : 0;
            return found <= long.MaxValue;
        }
    }

    /// <summary>Reads <paramref name="frame"/>, which must fill <paramref name="into"/> exactly.</summary>
    /// <param name="frame">All bytes of one or more frames.</param>
    /// <param name="prefix">The prefix that it was compressed with; may be empty.</param>
    /// <param name="into">Room for the content, no more and no less. What it holds after a refusal is
    /// undefined.</param>
    /// <returns>False when the bytes are damaged or hold more or fewer bytes.</returns>
    public bool TryDecompress(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> prefix, Span<byte> into)
    {
        fixed (byte* frameAt = frame)
        fixed (byte* prefixAt = prefix)
        fixed (byte* intoAt = into)
        {
            nuint referred = LibZstd.ReferPrefix(_context, prefixAt, (nuint)prefix.Length);
            _ = ZstdStatus.Demand(referred, "refer to a prefix");
            nuint status = LibZstd.Decompress(_context, intoAt, (nuint)into.Length, frameAt, (nuint)frame.Length);
            return frame.Length > 0 && ZstdStatus.IsGood(status) && status == (nuint)into.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _context.Dispose();
}
