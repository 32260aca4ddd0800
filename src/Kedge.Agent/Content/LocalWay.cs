namespace Kedge.Agent.Content;

/// <summary>Chunks that stand in other files of this disk: they cost nothing.</summary>
/// <param name="store">Where content is kept.</param>
/// <param name="line">Counters.</param>
internal sealed class LocalWay(ContentStore store, FetchLine line) : FetchWay
{
    internal override string Name => "local";

    internal override ValueTask<WayOutcome> TryAsync(FileFetch fetch, CancellationToken cancel)
    {
        byte[] buffer = new byte[Core.Models.ModelLimits.ChunkBytesMax];
        while (!fetch.IsWhole && fetch.Local.Find(fetch.NextChunk) is { } place)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> bytes = buffer.AsSpan(0, fetch.NextChunk.Bytes);
            if (!store.TryReadChunk(fetch.NextChunk, place, bytes) || !fetch.TryAppend(bytes))
            {
                break;
            }

            line.Count(Name, bytes.Length);
        }

        return new ValueTask<WayOutcome>(WayOutcome.Passed.Now);
    }
}
