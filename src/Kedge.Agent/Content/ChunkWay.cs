using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
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
        string what = $"chunk {chunk.Digest.Short} of {fetch.File.Path}";
        WholeIntake intake = new(source, line, fetch.Tail);
        StreamOutcome? hindered = await intake.BringAsync(
            new ContentName.OneChunk(chunk),
            new TailHead { Kind = TailKind.OneChunk, Of = chunk.Digest },
            (Name, chunk.Bytes),
            cancel).ConfigureAwait(false);
        if (hindered is not null)
        {
            return new WayOutcome.Failed(FetchFailures.Explain(hindered, what));
        }

        ReadOnlyMemory<byte>? content = intake.Content(chunk.Bytes);
        bool isRight = content is { } bytes && fetch.TryAppend(bytes.Span);
        string came = isRight ? ""
            : content is { } other ? $"as {Digest.Of(other.Span).Short}"
            : "as something that cannot be decompressed";
        fetch.Tail.Drop();
        return isRight
            ? WayOutcome.Passed.Now
            : new WayOutcome.Failed(FetchFailures.Failed(
                Blame.Device, AgentErrors.ContentChanged, $"{what} came {came}"));
    }
}
