using System.Buffers;
using Kedge.Api;
using Kedge.Content.Chunking;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>
/// A file of a package that the server has, read from anywhere in it: chunk by chunk, some at once, each checked.
/// </summary>
internal sealed class ServerFile
{
    private const int FetchesAtOnce = 4;

    private readonly KedgeClient _client;
    private readonly PackageFile _file;
    private readonly long[] _begins;

    public ServerFile(KedgeClient client, PackageFile file)
    {
        _client = client;
        _file = file;
        _begins = new long[file.Chunks.Length];
        long at = 0;
        for (int index = 0; index < _begins.Length; index++)
        {
            _begins[index] = at;
            at += file.Chunks[index].Bytes;
        }
    }

    /// <summary>Fills a span; never asked beyond the file's end.</summary>
    public async ValueTask ReadAsync(long offset, Memory<byte> into, CancellationToken ct)
    {
        int first = IndexAt(offset);
        int last = IndexAt(offset + into.Length - 1);
        ParallelOptions options = new() { MaxDegreeOfParallelism = FetchesAtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(
            Enumerable.Range(first, last - first + 1),
            options,
            (index, inner) => TakeAsync(index, offset, into, inner)).ConfigureAwait(false);
    }

    /// <summary>Writes the whole file, and says how far it has come.</summary>
    public async Task CopyToAsync(Stream to, Action<long> advance, CancellationToken ct)
    {
        byte[] buffer = new byte[(int)Math.Min(FetchesAtOnce * ModelLimits.ChunkBytesMax, _file.Bytes)];
        for (long offset = 0; offset < _file.Bytes;)
        {
            Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, _file.Bytes - offset));
            await ReadAsync(offset, piece, ct).ConfigureAwait(false);
            await to.WriteAsync(piece, ct).ConfigureAwait(false);
            offset += piece.Length;
            advance(piece.Length);
        }
    }

    private int IndexAt(long offset)
    {
        int found = Array.BinarySearch(_begins, offset);
        return found >= 0 ? found : ~found - 1;
    }

    private async ValueTask TakeAsync(int index, long offset, Memory<byte> into, CancellationToken ct)
    {
        ChunkRef chunk = _file.Chunks[index];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(chunk.Bytes);
        try
        {
            Memory<byte> whole = buffer.AsMemory(0, chunk.Bytes);
            bool isWhole = await _client.GetChunkAsync(chunk.Digest.ToString(), whole, ct).ConfigureAwait(false);
            if (!isWhole || FileVerifier.Check(chunk, whole.Span) is not null)
            {
                throw new CliException(CliErrors.StoredChunk, $"chunk {chunk.Digest}", ExitCodes.Failed);
            }

            long from = Math.Max(offset, _begins[index]);
            long end = Math.Min(offset + into.Length, _begins[index] + chunk.Bytes);
            whole[(int)(from - _begins[index])..(int)(end - _begins[index])].CopyTo(into[(int)(from - offset)..]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
