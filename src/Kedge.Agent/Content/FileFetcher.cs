using System.Collections.Immutable;
using Kedge.Core.Device;

namespace Kedge.Agent.Content;

/// <summary>
/// Brings one file at a time, chunk by verified chunk, by the cheapest way that has the next one. After each way that
/// brought something the first one is asked again: what it could not have may be followed by what it has.
/// </summary>
/// <param name="store">Where content is kept.</param>
/// <param name="ways">In the order in which they are asked.</param>
internal sealed class FileFetcher(ContentStore store, ImmutableArray<FetchWay> ways)
{
    /// <summary>Brings a file and puts it in its place; null when it is there, else why not.</summary>
    internal async ValueTask<FetchResult.Failed?> BringAsync(FileFetch fetch, CancellationToken cancel)
    {
        try
        {
            return await BringWholeAsync(fetch, cancel).ConfigureAwait(false);
        }
        finally
        {
            foreach (FetchWay way in ways)
            {
                way.Left(fetch);
            }
        }
    }

    private async ValueTask<FetchResult.Failed?> BringWholeAsync(FileFetch fetch, CancellationToken cancel)
    {
        List<FetchWay> open = [.. ways];
        while (!fetch.IsWhole)
        {
            int before = fetch.Next;
            if (await StepAsync(fetch, open, cancel).ConfigureAwait(false) is { } failed)
            {
                return failed;
            }

            if (fetch.Next == before && !fetch.IsWhole)
            {
                return FetchFailures.Failed(
                    Blame.Device, AgentErrors.ContentMissing,
                    $"nobody has chunk {fetch.NextChunk.Digest.Short} of {fetch.File.Path}");
            }
        }

        return store.TryFinish(fetch.Partial, fetch.Path)
            ? null
            : FetchFailures.Failed(
                Blame.Device, AgentErrors.ContentChanged,
                $"{fetch.File.Path} put together is not {fetch.File.Digest.Short}; what is right of it stays");
    }

    /// <summary>Asks ways in order until one brought something.</summary>
    private static async ValueTask<FetchResult.Failed?> StepAsync(
        FileFetch fetch, List<FetchWay> open, CancellationToken cancel)
    {
        int before = fetch.Next;
        foreach (FetchWay way in open.ToArray())
        {
            WayOutcome outcome = await way.TryAsync(fetch, cancel).ConfigureAwait(false);
            if (outcome is WayOutcome.Failed failed)
            {
                return failed.Why;
            }

            if (outcome is WayOutcome.Out)
            {
                _ = open.Remove(way);
            }

            if (fetch.Next > before)
            {
                return null;
            }
        }

        return null;
    }
}
