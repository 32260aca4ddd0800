using Kedge.Core.Borders;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>Single chunks from the server: the way that always works.</summary>
/// <param name="source">The server.</param>
/// <param name="line">Pace and counters.</param>
internal sealed class ChunkWay(IArtifactSource source, FetchLine line) : FetchWay
{
    internal override string Name => "chunks";

    internal override async ValueTask<WayOutcome> TryAsync(FileFetch fetch, CancellationToken cancel)
    {
        ChunkRef chunk = fetch.NextChunk;
        FetchOutcome outcome = await FetchAsync(chunk, cancel).ConfigureAwait(false);
        if (outcome is not FetchOutcome.Done done)
        {
            return new WayOutcome.Failed(FetchFailures.Explain(
                outcome, $"chunk {chunk.Digest.Short} of {fetch.File.Path}"));
        }

        line.Count(done.Bytes.Length);
        Kedge.Core.Check.That(fetch.TryAppend(done.Bytes.Span));
        return WayOutcome.Passed.Now;
    }

    private async ValueTask<FetchOutcome> FetchAsync(ChunkRef chunk, CancellationToken cancel)
    {
        FetchOutcome outcome = await FetchPieceAsync(chunk, default, cancel).ConfigureAwait(false);
        return outcome is FetchOutcome.RetryLater { Begun.IsEmpty: false } broken
            ? await FetchPieceAsync(chunk, broken.Begun, cancel).ConfigureAwait(false)
            : outcome;
    }

    private async ValueTask<FetchOutcome> FetchPieceAsync(
        ChunkRef chunk, ReadOnlyMemory<byte> begun, CancellationToken cancel)
    {
        await line.PayAsync(chunk.Bytes - begun.Length, cancel).ConfigureAwait(false);
        return await source.GetChunkAsync(chunk, begun, cancel).ConfigureAwait(false);
    }
}
