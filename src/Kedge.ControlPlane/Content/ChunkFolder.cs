using System.Security.Cryptography;
using Kedge.Core;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// The bytes of chunks by digest, in files. Written under a temporary name, flushed to the disk, checked and renamed:
/// a file that is there is whole. Which tenant has which chunk is the store's to say.
/// </summary>
public sealed class ChunkFolder
{
    private const int CopyBytes = 64 * Limits.KiB;
    private readonly string _folder;
    private long _temporary;

    /// <summary>Makes the folder and removes what an earlier process left half written.</summary>
    public ChunkFolder(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(Path.Combine(folder, "incoming"));
        foreach (string left in Directory.EnumerateFiles(Path.Combine(folder, "incoming")))
        {
            File.Delete(left);
        }
    }

    /// <summary>Where a chunk lies or would lie.</summary>
    public string PathOf(Digest digest) => Path.Combine(_folder, digest.Hex[..2], digest.Hex);

    /// <summary>True when its bytes are there.</summary>
    public bool Has(Digest digest) => File.Exists(PathOf(digest));

    /// <summary>Opens a chunk for reading; null when it is not there.</summary>
    public FileStream? Open(Digest digest)
    {
        try
        {
            return new FileStream(
                PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// Takes a chunk from a stream, never more than its bound, and keeps it only under its own digest.
    /// </summary>
    public async Task<ChunkVerdict> StoreAsync(Digest digest, Stream from, CancellationToken ct)
    {
        string temporary = Path.Combine(_folder, "incoming", $"{Interlocked.Increment(ref _temporary)}");
        try
        {
            (ChunkVerdict verdict, Digest actual) = await ReceiveAsync(temporary, from, ct).ConfigureAwait(false);
            if (verdict != ChunkVerdict.Stored)
            {
                return verdict;
            }

            if (actual != digest)
            {
                return ChunkVerdict.DigestMismatch;
            }

            string path = PathOf(digest);
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? _folder);
            File.Move(temporary, path, overwrite: true);
            return ChunkVerdict.Stored;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Length of a chunk that is there, in bytes.</summary>
    public int BytesOf(Digest digest) => (int)new FileInfo(PathOf(digest)).Length;

    /// <summary>Removes a chunk that no package names any more.</summary>
    public void Delete(Digest digest) => File.Delete(PathOf(digest));

    private static async Task<(ChunkVerdict Verdict, Digest Actual)> ReceiveAsync(
        string path, Stream from, CancellationToken ct)
    {
        FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[CopyBytes];
            long total = 0;
            int read;
            while ((read = await from.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
            {
                total += read;
                if (total > Limits.ChunkBytesMax)
                {
                    return (ChunkVerdict.TooLarge, default);
                }

                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
            }

            if (total == 0)
            {
                return (ChunkVerdict.Empty, default);
            }

            await file.FlushAsync(ct).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
            return (ChunkVerdict.Stored, Digest.FromHash(hash.GetHashAndReset()));
        }
    }
}

/// <summary>What became of an uploaded chunk.</summary>
public enum ChunkVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>It is there and whole.</summary>
    Stored = 1,

    /// <summary>It has another digest; nothing was kept.</summary>
    DigestMismatch = 2,

    /// <summary>It is larger than a chunk may be; nothing was kept.</summary>
    TooLarge = 3,

    /// <summary>It has no bytes.</summary>
    Empty = 4,
}
