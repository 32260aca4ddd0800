using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>
/// Packages on the device's disk: <c>content/packages/HEX/envelope.json</c>, <c>golden.json</c> and a folder for each
/// variant. A file is put together beside its place in <c>content/partial/HEX</c>, chunk by verified chunk, so that a
/// broken fetch goes on where it stopped; whole and verified it is synced and renamed into place. Invariants: a file
/// under <c>packages</c> was whole and right when it was put there; it is verified again before each use; nothing that
/// <see cref="PackageShelf"/> is told of is deleted. Chunks are not kept apart: a chunk of a new version is found in
/// the files of the old one, and the sound chunks of a damaged file in that file itself. Bytes below the reserve are
/// never used.
/// </summary>
/// <param name="disk">Where it is.</param>
/// <param name="bytesMax">Most bytes of all packages, 0 for no bound but the reserve.</param>
internal sealed class ContentStore(IDisk disk, long bytesMax = 0)
{
    private const string Packages = "content/packages";
    private const string Partial = "content/partial";
    private const int BufferBytes = 128 * 1024;
    private readonly ConcurrentDictionary<Digest, PartialFile> _begun = [];

    /// <summary>Which packages stay.</summary>
    internal PackageShelf Shelf { get; } = new(disk, bytesMax);

    /// <summary>Told, from any thread, of each file that was found whole and right, and where it stands.</summary>
    internal Action<PackageFile, string>? OnRight { get; set; }

    /// <summary>The folder of a variant, a path of the disk.</summary>
    internal static string VariantFolder(Digest package, string variant) => $"{Packages}/{package.Hex}/files/{variant}";

    /// <summary>Where the golden samples of a package are.</summary>
    internal static string GoldenPath(Digest package) => $"{Packages}/{package.Hex}/golden.json";

    /// <summary>The signed envelope of a package; null when it is not there.</summary>
    internal byte[]? ReadEnvelope(Digest package)
    {
        string path = EnvelopePath(package);
        return disk.Length(path) is null ? null : disk.Read(path, ModelLimits.EnvelopeBytesMax);
    }

    /// <summary>Bytes of the signed envelope of a package; null when it is not there.</summary>
    internal long? EnvelopeBytes(Digest package) => disk.Length(EnvelopePath(package));

    /// <summary>Fills a buffer from a place in an envelope; gives how many bytes there were.</summary>
    internal int ReadEnvelopeAt(Digest package, long at, Span<byte> buffer) =>
        disk.ReadAt(EnvelopePath(package), at, buffer);

    /// <summary>Keeps an envelope that was judged.</summary>
    internal void KeepEnvelope(Digest package, ReadOnlySpan<byte> envelope)
    {
        string folder = $"{Packages}/{package.Hex}";
        disk.CreateFolder(folder);
        using (IDiskFile file = disk.Open($"{folder}/envelope.new", DiskOpening.Create))
        {
            file.Write(envelope);
            file.Sync();
        }

        disk.Rename($"{folder}/envelope.new", EnvelopePath(package));
        disk.SyncFolder(folder);
        disk.SyncFolder(Packages);
    }

    /// <summary>
    /// True when a file stands at its place with the right bytes. A wrong one stays until a right one replaces it.
    /// </summary>
    internal bool IsRight(string path, PackageFile file)
    {
        bool isRight = disk.Length(path) == file.Bytes && DigestOf(path, file.Bytes) == file.Digest;
        if (isRight)
        {
            OnRight?.Invoke(file, path);
        }

        return isRight;
    }

    /// <summary>
    /// A file that is being put together, with what is there of it. One at a time for each file.
    /// </summary>
    internal PartialFile Begin(Digest package, PackageFile file)
    {
        PartialFile partial = _begun.GetOrAdd(
            file.Digest, static (_, of) => new PartialFile(of.Disk, of.Path, of.File),
            (Disk: disk, Path: PartialPath(package, file), File: file));
        if (partial.Path != PartialPath(package, file) || partial.File.Chunks.Length != file.Chunks.Length)
        {
            // The same file of another package, perhaps cut otherwise.
            partial = new PartialFile(disk, PartialPath(package, file), file);
            _begun[file.Digest] = partial;
        }

        partial.Look();
        return partial;
    }

    /// <summary>
    /// Bytes of a file, or of the envelope under the package's own digest, that cannot be used before more arrive:
    /// what an attempt before this one left.
    /// </summary>
    internal TailFile Tail(Digest package, Digest file) => Loaded($"{Partial}/{package.Hex}/{file.Hex}.tail");

    /// <summary>Header and index of the delta that makes a file, as far as they came.</summary>
    internal TailFile Front(Digest package, Digest file) => Loaded($"{Partial}/{package.Hex}/{file.Hex}.front");

    /// <summary>Reads bytes of a file; 0 at its end, or where it cannot be read: whoever needs them checks.</summary>
    internal int ReadAt(string path, long offset, Span<byte> into)
    {
        try
        {
            return disk.ReadAt(path, offset, into);
        }
        catch (DiskException)
        {
            return 0;
        }
    }

    /// <summary>A file that this agent has begun and that is not whole; null where there is none.</summary>
    internal PartialFile? FindBegun(Digest file)
    {
        if (!_begun.TryGetValue(file, out PartialFile? begun) || Stands(begun))
        {
            return begun;
        }

        // Its package was given up and collected.
        _ = _begun.TryRemove(KeyValuePair.Create(file, begun));
        return null;
    }

    /// <summary>
    /// Puts a file whose chunks are all there in its place; false when the whole is not right: then what of it is right
    /// is looked for anew at the next fetch.
    /// </summary>
    internal bool TryFinish(PartialFile partial, string path)
    {
        if (disk.Length(partial.Path) != partial.File.Bytes
            || DigestOf(partial.Path, partial.File.Bytes) != partial.File.Digest)
        {
            partial.Forget();
            return false;
        }

        partial.Sync();
        partial.Dispose();
        string folder = path[..path.LastIndexOf('/')];
        disk.CreateFolder(folder);
        disk.Rename(partial.Path, path);
        OnRight?.Invoke(partial.File, path);
        _ = _begun.TryRemove(partial.File.Digest, out _);
        for (string at = folder; at.Contains('/'); at = at[..at.LastIndexOf('/')])
        {
            disk.SyncFolder(at);
        }

        return true;
    }

    /// <summary>Fills a buffer with a chunk that stands somewhere; false when it is not right there.</summary>
    internal bool TryReadChunk(ChunkRef chunk, ChunkPlace place, Span<byte> bytes)
    {
        try
        {
            return disk.ReadAt(place.Path, place.Offset, bytes) == chunk.Bytes && Digest.Of(bytes) == chunk.Digest;
        }
        catch (DiskException)
        {
            // It is fetched instead.
            return false;
        }
    }

    /// <summary>Bytes that a file that is missing still needs on the disk.</summary>
    internal long BytesMissing(Digest package, PackageFile file) =>
        file.Bytes - Math.Min(file.Bytes, disk.Length(PartialPath(package, file)) ?? 0);

    /// <summary>Length of a file; null where there is none.</summary>
    internal long? Length(string path) => disk.Length(path);

    /// <summary>Packages that are there, in whatever part.</summary>
    internal ImmutableArray<Digest> List()
    {
        ImmutableArray<Digest>.Builder found = ImmutableArray.CreateBuilder<Digest>();
        foreach (DiskEntry entry in disk.List(Packages))
        {
            if (Digest.TryParse($"sha256:{entry.Name}", out Digest digest))
            {
                found.Add(digest);
            }
        }

        return found.ToImmutable();
    }

    /// <summary>
    /// True when a file is right, read at a pace that leaves the disk to others.
    /// </summary>
    internal async ValueTask<bool> IsRightSlowlyAsync(WantedFile wanted, TimeProvider time, CancellationToken cancel)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        for (long at = 0; at < wanted.File.Bytes;)
        {
            int read = disk.ReadAt(wanted.Path, at, buffer);
            if (read == 0)
            {
                return false;
            }

            hash.AppendData(buffer, 0, read);
            at += read;
            await Task.Delay(AgentLimits.ScrubWait, time, cancel).ConfigureAwait(false);
        }

        return disk.Length(wanted.Path) == wanted.File.Bytes
            && Digest.FromHash(hash.GetHashAndReset()) == wanted.File.Digest;
    }

    private static string EnvelopePath(Digest package) => $"{Packages}/{package.Hex}/envelope.json";

    /// <summary>Where a file is put together, a path of the disk.</summary>
    internal static string PartialPath(Digest package, PackageFile file) =>
        $"{Partial}/{package.Hex}/{file.Digest.Hex}";

    private bool Stands(PartialFile begun)
    {
        try
        {
            long bytes = begun.ChunkBytes;
            return bytes == 0 || disk.Length(begun.Path) >= bytes;
        }
        catch (DiskException)
        {
            // What cannot be looked at cannot be given.
            return false;
        }
    }

    private TailFile Loaded(string path)
    {
        TailFile tail = new(disk, path);
        tail.Load();
        return tail;
    }

    private Digest DigestOf(string path, long length)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[(int)Math.Min(BufferBytes, Math.Max(1, length))];
        for (long at = 0; at < length;)
        {
            int read = disk.ReadAt(path, at, buffer);
            if (read == 0)
            {
                break;
            }

            hash.AppendData(buffer, 0, read);
            at += read;
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}

/// <summary>Where a chunk stands.</summary>
/// <param name="Path">File, a path of the disk.</param>
/// <param name="Offset">Its first byte, from 0.</param>
internal readonly record struct ChunkPlace(string Path, long Offset);
