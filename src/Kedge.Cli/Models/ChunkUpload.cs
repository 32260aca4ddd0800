using System.Buffers;
using System.Collections.Concurrent;
using Kedge.Api;
using Kedge.Core;
using Kedge.Zstd;

namespace Kedge.Cli.Models;

/// <summary>
/// Sends chunks, coded by zstd where that is shorter. A server that does not take it yet gets them as they are. Safe
/// for several chunks at one time.
/// </summary>
internal sealed class ChunkUpload(KedgeClient client) : IDisposable
{
    private readonly ConcurrentBag<ZstdCompressor> _compressors = [];
    private volatile bool _isCoding = ZstdLibrary.IsPresent;

    /// <summary>Sends one.</summary>
    public async Task SendAsync(Digest digest, ReadOnlyMemory<byte> plain, CancellationToken ct)
    {
        byte[] room = ArrayPool<byte>.Shared.Rent(plain.Length);
        try
        {
            int coded = _isCoding ? Encode(plain.Span, room.AsSpan(0, plain.Length - 1)) : 0;
            if (coded == 0 || !await TryCodedAsync(digest, room.AsMemory(0, coded), ct).ConfigureAwait(false))
            {
                await client.PutChunkAsync(digest.ToString(), plain, ct).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ZstdCompressor compressor in _compressors)
        {
            compressor.Dispose();
        }
    }

    /// <summary>
    /// False when the server does not know the coding: it says so (415), or takes the frame for the chunk (422).
    /// </summary>
    private async Task<bool> TryCodedAsync(Digest digest, ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        try
        {
            await client.PutChunkAsync(digest.ToString(), frame, "zstd", ct).ConfigureAwait(false);
            return true;
        }
        catch (KedgeApiException e) when (e.Status is 415 or 422)
        {
            _isCoding = false;
            return false;
        }
    }

    private int Encode(ReadOnlySpan<byte> plain, Span<byte> into)
    {
        ZstdCompressor compressor =
            _compressors.TryTake(out ZstdCompressor? kept) ? kept : new ZstdCompressor(new ZstdSettings(Level: 3));
        bool fits = compressor.TryCompress(plain, [], into, out int written);
        _compressors.Add(compressor);
        return fits ? written : 0;
    }
}
