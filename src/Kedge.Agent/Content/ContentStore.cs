using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>
/// Packages on the device's disk: <c>content/packages/HEX/envelope.json</c>, <c>golden.json</c> and a folder for each
/// variant. A file is put together beside its place in <c>content/partial</c>, chunk by verified chunk, so that a
/// broken
/// fetch goes on where it stopped; whole and verified it is synced and renamed into place. Invariants: a file under
/// <c>packages</c> was whole and right when it was put there; it is verified again before each use; nothing that
/// <see cref="Collect"/> is told to keep is deleted. Chunks are not kept apart: a chunk of a new version is found in
/// the
/// files of the old one. Bytes below the reserve are never used.
/// </summary>
/// <param name="disk">Where it is.</param>
internal sealed class ContentStore(IDisk disk)
{
    private const string Packages = "content/packages";
    private const string Partial = "content/partial";
    private const int BufferBytes = 128 * 1024;

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

    /// <summary>True when a file stands at its place with the right bytes; a wrong one is deleted.</summary>
    internal bool IsRight(string path, PackageFile file)
    {
        if (disk.Length(path) is not { } length)
        {
            return false;
        }

        if (length == file.Bytes && DigestOf(path, length) == file.Digest)
        {
            return true;
        }

        disk.Delete(path);
        return false;
    }

    /// <summary>How many chunks of a file are already there, verified, from a fetch that broke off.</summary>
    internal int BegunChunks(PackageFile file)
    {
        string path = PartialPath(file);
        long there = disk.Length(path) ?? 0;
        long at = 0;
        int count = 0;
        byte[] buffer = new byte[ModelLimits.ChunkBytesMax];
        foreach (ChunkRef chunk in file.Chunks)
        {
            Span<byte> bytes = buffer.AsSpan(0, chunk.Bytes);
            bool isRight = at + chunk.Bytes <= there
                && disk.ReadAt(path, at, bytes) == chunk.Bytes && Digest.Of(bytes) == chunk.Digest;
            if (!isRight)
            {
                break;
            }

            at += chunk.Bytes;
            count++;
        }

        return count;
    }

    /// <summary>Appends a verified chunk to a file that is being put together.</summary>
    /// <param name="file">The file.</param>
    /// <param name="index">Which chunk of it, from 0; those before it are there.</param>
    /// <param name="bytes">The chunk.</param>
    internal void Append(PackageFile file, int index, ReadOnlySpan<byte> bytes)
    {
        ChunkRef chunk = file.Chunks[index];
        Check.That(bytes.Length == chunk.Bytes);
        long at = file.Chunks.Take(index).Sum(static c => (long)c.Bytes);
        disk.CreateFolder(Partial);
        using IDiskFile partial = disk.Open(PartialPath(file), DiskOpening.Append);
        if (partial.Length != at)
        {
            partial.Truncate(at);
        }

        partial.Write(bytes);
    }

    /// <summary>
    /// Puts a file whose chunks are all there in its place; false when the whole is not right and was dropped.
    /// </summary>
    internal bool TryFinish(PackageFile file, string path)
    {
        string partial = PartialPath(file);
        if (disk.Length(partial) != file.Bytes || DigestOf(partial, file.Bytes) != file.Digest)
        {
            disk.Delete(partial);
            return false;
        }

        using (IDiskFile open = disk.Open(partial, DiskOpening.Append))
        {
            open.Sync();
        }

        string folder = path[..path.LastIndexOf('/')];
        disk.CreateFolder(folder);
        disk.Rename(partial, path);
        for (string at = folder; at.Contains('/'); at = at[..at.LastIndexOf('/')])
        {
            disk.SyncFolder(at);
        }

        return true;
    }

    /// <summary>
    /// A chunk that stands in a file of another package; null when none does, or it is not right there.
    /// </summary>
    internal byte[]? FindChunk(ChunkRef chunk, IReadOnlyDictionary<Digest, ChunkPlace> places)
    {
        if (!places.TryGetValue(chunk.Digest, out ChunkPlace place))
        {
            return null;
        }

        byte[] bytes = new byte[chunk.Bytes];
        try
        {
            return disk.ReadAt(place.Path, place.Offset, bytes) == bytes.Length && Digest.Of(bytes) == chunk.Digest
                ? bytes
                : null;
        }
        catch (DiskException)
        {
            // It is fetched instead.
            return null;
        }
    }

    /// <summary>Null when so many more bytes fit above the reserve, else what is wrong.</summary>
    internal Finding? Room(long bytes)
    {
        disk.CreateFolder(Packages);
        long free = disk.FreeBytes("content");
        return free - bytes >= AgentLimits.FreeBytesMin
            ? null
            : AgentErrors.DiskFull.At(
                $"{bytes / Limits.MiB} MiB are needed and {AgentLimits.FreeBytesMin / Limits.MiB} MiB kept free, "
                + $"{free / Limits.MiB} MiB are there");
    }

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
    /// Deletes every package but those to keep, and fetches that nobody goes on with. Run while nothing fetches.
    /// </summary>
    /// <returns>Packages deleted.</returns>
    internal int Collect(IReadOnlySet<Digest> keep)
    {
        int deleted = 0;
        foreach (Digest package in List())
        {
            if (!keep.Contains(package))
            {
                disk.DeleteFolder($"{Packages}/{package.Hex}");
                deleted++;
            }
        }

        if (deleted > 0)
        {
            disk.DeleteFolder(Partial);
        }

        return deleted;
    }

    private static string EnvelopePath(Digest package) => $"{Packages}/{package.Hex}/envelope.json";

    private static string PartialPath(PackageFile file) => $"{Partial}/{file.Digest.Hex}";

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
