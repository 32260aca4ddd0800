using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Core.Neighbours;
using Kedge.Wire.Neighbours;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// Chunks and envelopes from other devices of the site. Where this device is the one to bring a file over the WAN, the
/// way passes at once, and what comes by the ways behind it is given on while it comes.
/// </summary>
/// <param name="parts">What its searches share.</param>
internal sealed class NeighbourWay(NeighbourParts parts) : FetchWay
{
    private NeighbourSearch? _search;
    private Digest _of;
    private int _at;
    private long _offset;
    private bool _isBegun;

    internal override string Name => "neighbours";

    internal override async ValueTask<WayOutcome> TryAsync(FileFetch fetch, CancellationToken cancel)
    {
        NeighbourSearch search = await SearchAsync(
            fetch.File.Digest, fetch.Model.Package, fetch.File.Chunks.Length, cancel).ConfigureAwait(false);
        while (!search.IsLeading && !fetch.IsWhole)
        {
            ImmutableArray<NeighbourSource> sources = await search.NextAsync(fetch.Next, cancel).ConfigureAwait(false);
            if (sources.IsEmpty || (await TakeAsync(fetch, search, sources, cancel).ConfigureAwait(false)
                && !fetch.IsWhole && fetch.Local.Find(fetch.NextChunk) is not null))
            {
                break;
            }
        }

        return WayOutcome.Passed.Now;
    }

    internal override void Left(FileFetch fetch) => Leave(fetch.File.Digest);

    /// <summary>
    /// The envelope of a package from a neighbour; null where this device is to ask the server for it.
    /// <see cref="LeaveAsync"/> is called once it is kept, or was not to be had.
    /// </summary>
    /// <param name="package">Which.</param>
    /// <param name="isGood">Judges an envelope.</param>
    /// <param name="cancel">Gives up.</param>
    internal async ValueTask<byte[]?> EnvelopeAsync(
        Digest package, Func<byte[], ValueTask<bool>> isGood, CancellationToken cancel)
    {
        NeighbourSearch search = await SearchAsync(package, package, 1, cancel).ConfigureAwait(false);
        while (!search.IsLeading)
        {
            foreach (NeighbourSource source in await search.NextAsync(0, cancel).ConfigureAwait(false))
            {
                if (DeviceOf(source.Device) is not { } device)
                {
                    continue;
                }

                PeerAnswer answer = await parts.Client.EnvelopeAsync(device, package, cancel).ConfigureAwait(false);
                if (answer is PeerAnswer.Given given && given.Bytes.ToArray() is var envelope
                    && await isGood(envelope).ConfigureAwait(false))
                {
                    parts.Counters.Took(envelope.Length);
                    return envelope;
                }

                if (answer is PeerAnswer.Given)
                {
                    // It may be good by the policy that the neighbour holds: no lie, and the server's is asked for.
                    search.PassOver(source.Device);
                }
                else
                {
                    search.Missed(source.Device, answer);
                }
            }
        }

        return null;
    }

    /// <summary>A package is fetched, or not to be had now: nothing is asked for a while.</summary>
    internal ValueTask LeaveAsync(Digest package)
    {
        Leave(package);
        _isBegun = false;
        return parts.Client.CloseAsync();
    }

    private void Leave(Digest what)
    {
        parts.Board.Withdraw(what);
        if (_of == what)
        {
            (_search, _of) = (null, default);
        }
    }

    private async ValueTask<NeighbourSearch> SearchAsync(
        Digest what, Digest package, int total, CancellationToken cancel)
    {
        if (_search is null || _of != what)
        {
            await parts.Roster.RefreshAsync(_isBegun ? PeerLimits.RosterFresh : TimeSpan.Zero, cancel)
                .ConfigureAwait(false);
            _isBegun = true;
            (_search, _of) = (new NeighbourSearch(what, package, total, parts), what);
            (_at, _offset) = (0, 0);
        }

        return _search;
    }

    /// <summary>Takes one chunk; true when it came.</summary>
    private async ValueTask<bool> TakeAsync(
        FileFetch fetch, NeighbourSearch search, ImmutableArray<NeighbourSource> sources, CancellationToken cancel)
    {
        List<NeighbourSource> left = [.. sources.Where(s => s.Chunks > fetch.Next)];
        while (left.Count > 0)
        {
            NeighbourSource source =
                NeighbourRank.Choose(left, fetch.Model.Package, parts.Self, fetch.Next);
            if (await TakeAsync(fetch, source, cancel).ConfigureAwait(false) is not { } bad)
            {
                search.Got(source.Device);
                return true;
            }

            search.Missed(source.Device, bad);
            _ = left.Remove(source);
        }

        return false;
    }

    /// <summary>Takes the next chunk from a neighbour; null when it came and was right.</summary>
    private async ValueTask<PeerAnswer?> TakeAsync(FileFetch fetch, NeighbourSource source, CancellationToken cancel)
    {
        if (DeviceOf(source.Device) is not { } device)
        {
            return new PeerAnswer.Away("it is not in the roster any more");
        }

        ChunkRef chunk = fetch.NextChunk;
        PeerAnswer answer = await parts.Client
            .ChunkAsync(device, fetch.File.Digest, (chunk, OffsetOf(fetch)), cancel).ConfigureAwait(false);
        if (answer is not PeerAnswer.Given given)
        {
            return answer;
        }

        if (!fetch.TryAppend(given.Bytes.Span))
        {
            return new PeerAnswer.Wrong(NeighbourErrors.WrongBytes.At(
                $"chunk {chunk.Digest.Short} of {fetch.File.Path} came as {Digest.Of(given.Bytes.Span).Short}"));
        }

        parts.Counters.Took(given.Bytes.Length);
        return null;
    }

    /// <summary>Where the next chunk begins: a sum that goes on from the chunk before.</summary>
    private long OffsetOf(FileFetch fetch)
    {
        if (_at > fetch.Next)
        {
            (_at, _offset) = (0, 0);
        }

        for (; _at < fetch.Next; _at++)
        {
            _offset += fetch.File.Chunks[_at].Bytes;
        }

        return _offset;
    }

    private RosterDevice? DeviceOf(DeviceId device) => parts.Roster.Devices.GetValueOrDefault(device);
}
