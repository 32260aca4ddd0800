using Kedge.Agent.Content;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Models;
using Kedge.Core.Neighbours;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// What this device can say and give to others: files that are whole, by where they stand; what it wants, by how it
/// means to come by it. Nothing of a file is in memory: whoever gives bytes reads them from the disk and checks them.
/// Written by the fetch and by whatever verifies files; read by connections of others, from any thread.
/// </summary>
/// <param name="store">Where content is.</param>
internal sealed class NeighbourBoard(ContentStore store)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, FilePlace> _whole = [];
    private readonly Dictionary<Digest, OfferState> _wishes = [];

    /// <summary>A file was found whole and right.</summary>
    internal void Found(PackageFile file, string path)
    {
        lock (_lock)
        {
            if (_whole.Count >= PeerLimits.WholeFilesMax && !_whole.ContainsKey(file.Digest))
            {
                ForgetOne();
            }

            _whole[file.Digest] = new FilePlace(path, file.Bytes);
        }
    }

    private void ForgetOne()
    {
        foreach (Digest file in _whole.Keys)
        {
            _ = _whole.Remove(file);
            return;
        }
    }

    /// <summary>A file, or a package's envelope, is wanted: how it stands is told from now on.</summary>
    internal void Announce(Digest what, OfferState state)
    {
        lock (_lock)
        {
            _wishes[what] = state;
        }
    }

    /// <summary>It is not wanted any more, or not now.</summary>
    internal void Withdraw(Digest what)
    {
        lock (_lock)
        {
            _ = _wishes.Remove(what);
        }
    }

    /// <summary>What to answer to a device that asks for a file or an envelope.</summary>
    internal NeighbourOffer OfferOf(Digest what)
    {
        OfferState wish;
        lock (_lock)
        {
            if (_whole.ContainsKey(what))
            {
                return new NeighbourOffer(OfferState.Whole, 0, 0);
            }

            wish = _wishes.GetValueOrDefault(what, OfferState.None);
        }

        if (HasEnvelope(what))
        {
            return new NeighbourOffer(OfferState.Whole, 1, 0);
        }

        return store.FindBegun(what) is { } begun
            ? new NeighbourOffer(wish, begun.Chunks, begun.Beat)
            : new NeighbourOffer(wish, 0, 0);
    }

    /// <summary>
    /// Fills a buffer with a chunk of a file, which is checked; false when it is not there, or not right on the disk.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="at">Its first byte in the file.</param>
    /// <param name="bytes">As long as the chunk.</param>
    internal bool TryRead(Digest file, ChunkRef chunk, long at, Span<byte> bytes)
    {
        if (PlaceOf(file) is not { } place || at > place.Bytes - chunk.Bytes)
        {
            return false;
        }

        if (store.TryReadChunk(chunk, new ChunkPlace(place.Path, at), bytes))
        {
            return true;
        }

        lock (_lock)
        {
            // Deleted, or damaged since: it is found again when it is verified.
            if (_whole.GetValueOrDefault(file) == place)
            {
                _ = _whole.Remove(file);
            }
        }

        return false;
    }

    private bool HasEnvelope(Digest package)
    {
        try
        {
            return store.EnvelopeBytes(package) is not null;
        }
        catch (DiskException)
        {
            // What cannot be looked at cannot be given.
            return false;
        }
    }

    private FilePlace? PlaceOf(Digest file)
    {
        lock (_lock)
        {
            if (_whole.TryGetValue(file, out FilePlace? place))
            {
                return place;
            }
        }

        return store.FindBegun(file) is { } begun ? new FilePlace(begun.Path, begun.ChunkBytes) : null;
    }

    /// <summary>Where bytes of a file stand that were verified, and how many from its first on.</summary>
    private sealed record FilePlace(string Path, long Bytes);
}
