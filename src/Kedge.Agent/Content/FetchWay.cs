using Kedge.Core.Borders;

namespace Kedge.Agent.Content;

/// <summary>
/// One way to bring chunks of a file: from other files of this disk, from neighbours, as a delta, one by one from the
/// server. Problem: the cheapest way is rarely one that brings everything. Approach: <see cref="FileFetcher"/> asks
/// ways in order of their cost; each appends chunks from <see cref="FileFetch.Next"/> on, as far as it can, and says
/// why it stopped. Invariants: chunks are appended in order by <see cref="FileFetch.TryAppend"/> alone, which checks
/// their digests, so that no way can bring a wrong byte; a way keeps nothing of a file in memory but the piece at hand;
/// a <see cref="DiskException"/> is not caught.
/// </summary>
internal abstract class FetchWay
{
    /// <summary>One word, for reports and metrics.</summary>
    internal abstract string Name { get; }

    /// <summary>Brings what it can from the next chunk on.</summary>
    /// <param name="fetch">The file, and how much of it is there.</param>
    /// <param name="cancel">Gives up.</param>
    internal abstract ValueTask<WayOutcome> TryAsync(FileFetch fetch, CancellationToken cancel);

    /// <summary>
    /// The file is in its place, or not to be had now: called once, whatever <see cref="TryAsync"/> said.
    /// </summary>
    internal virtual void Left(FileFetch fetch)
    {
    }
}

/// <summary>Why a way stopped.</summary>
internal abstract record WayOutcome
{
    private WayOutcome()
    {
    }

    /// <summary>All that it can from here; it may be asked again once another way brought the next chunk.</summary>
    internal sealed record Passed : WayOutcome
    {
        internal static readonly Passed Now = new();
    }

    /// <summary>It brings nothing more of this file: not asked again before the next fetch.</summary>
    internal sealed record Out : WayOutcome
    {
        internal static readonly Out Now = new();
    }

    /// <summary>No other way is to be tried now; what was appended stays for the next fetch.</summary>
    internal sealed record Failed(FetchResult.Failed Why) : WayOutcome;
}
