using System.Buffers;
using Kedge.Core;
using Kedge.Native;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// The bytes of chunks by digest, in files: <c>ab/HEX</c> as they are, or <c>ab/HEX.zst</c> as one zstd frame where
/// that saves a sixteenth. Which of the two is decided once, when a chunk arrives; its digest is always that of the
/// plain bytes.
/// <list type="bullet">
/// <item>A chunk is checked before it is kept: written under a temporary name, flushed, renamed. A file that is there
/// is whole, and its name survives a power cut once <see cref="SyncFolders"/> has returned.</item>
/// <item>It is checked again whenever it is read, which costs less than the TLS around it: bytes that the disk has
/// changed go to nobody. Such a file is set aside, and the next push of its package brings the chunk again.</item>
/// <item>Several servers may share the folder: temporary names carry their owner, and no file is changed in
/// place.</item>
/// </list>
/// Which tenant has which chunk is the store's to say.
/// </summary>
public sealed class ChunkFolder
{
    /// <summary>What the name of a coded chunk ends with.</summary>
    internal const string CodedSuffix = ".zst";

    private readonly string _folder;
    private readonly string _owner;
    private readonly ChunkCoding _coding = new();
    private long _temporary;
    private long _damagedFiles;

    /// <summary>Makes the folder and removes what an earlier process of this owner left half written.</summary>
    /// <param name="folder">Where the chunks lie.</param>
    /// <param name="owner">Name of this server among those that share the folder; the same over restarts.</param>
    public ChunkFolder(string folder, string owner)
    {
        _folder = folder;
        _owner = owner;
        foreach (string part in (string[])["incoming", "trash", "damaged"])
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
        }

        foreach (string left in Directory.EnumerateFiles(Path.Combine(folder, "incoming"), owner + "-*"))
        {
            File.Delete(left);
        }
    }

    /// <summary>Files that were set aside because their bytes had changed, since the start: a count.</summary>
    public long DamagedFiles => Interlocked.Read(ref _damagedFiles);

    /// <summary>The folder itself.</summary>
    internal string Root => _folder;

    /// <summary>Where a chunk lies or would lie.</summary>
    public string PathOf(Digest digest, bool isCoded) =>
        Path.Combine(_folder, digest.Hex[..2], isCoded ? digest.Hex + CodedSuffix : digest.Hex);

    /// <summary>True when its bytes are there, in either form.</summary>
    public bool Has(Digest digest) =>
        File.Exists(PathOf(digest, isCoded: true)) || File.Exists(PathOf(digest, isCoded: false));

    /// <summary>What a chunk takes on the disk and on the line, in bytes; 0 when it is not there.</summary>
    public int StoredBytes(Digest digest)
    {
        FileInfo coded = new(PathOf(digest, isCoded: true));
        FileInfo plain = coded.Exists ? coded : new FileInfo(PathOf(digest, isCoded: false));
        return plain.Exists ? (int)Math.Min(plain.Length, int.MaxValue) : 0;
    }

    /// <summary>
    /// Reads a chunk and checks it. It blocks for one read of at most 256 KiB: on Linux an asynchronous read of a file
    /// is the same read on another thread of the same pool.
    /// </summary>
    public ChunkReading Read(Digest digest)
    {
        ChunkReading reading = ReadOnce(digest);

        // It may have changed its form between two looks; and what was damaged is read twice before it counts as such.
        return reading is ChunkReading.Found ? reading : ReadAgain(digest);
    }

    /// <summary>
    /// Takes a chunk from a stream, never more than its bound, and keeps it only under its own digest.
    /// </summary>
    /// <param name="digest">Digest of the plain bytes.</param>
    /// <param name="from">The body.</param>
    /// <param name="isCoded">True for one zstd frame, which must say how long its content is.</param>
    /// <param name="ct">Gives up; nothing is kept then.</param>
    /// <returns>What became of it, and how many plain bytes it has.</returns>
    public async Task<(ChunkVerdict Verdict, int Bytes)> StoreAsync(
        Digest digest, Stream from, bool isCoded, CancellationToken ct)
    {
        int bytesMax = isCoded ? ChunkCoding.FrameBytesMax : Limits.ChunkBytesMax;
        byte[] body = ArrayPool<byte>.Shared.Rent(bytesMax + 1);
        byte[]? decoded = null;
        try
        {
            int bytes = await from.ReadAtLeastAsync(
                body.AsMemory(0, bytesMax + 1), bytesMax + 1, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            if (bytes is 0 || bytes > bytesMax)
            {
                return (bytes == 0 ? ChunkVerdict.Empty : ChunkVerdict.TooLarge, 0);
            }

            ReadOnlyMemory<byte> plain = body.AsMemory(0, bytes);
            if (isCoded)
            {
                ChunkVerdict verdict = ChunkCoding.Measure(plain.Span, out int count);
                if (verdict != ChunkVerdict.Stored)
                {
                    return (verdict, 0);
                }

                decoded = ArrayPool<byte>.Shared.Rent(count);
                if (!_coding.TryDecode(plain.Span, decoded.AsSpan(0, count)))
                {
                    return (ChunkVerdict.Undecodable, 0);
                }

                plain = decoded.AsMemory(0, count);
            }

            return (Keep(digest, plain.Span), plain.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
            if (decoded is not null)
            {
                ArrayPool<byte>.Shared.Return(decoded);
            }
        }
    }

    /// <summary>
    /// Makes the names of these chunks survive a power cut: asked once for a whole package, before the store says that
    /// it is there.
    /// </summary>
    public void SyncFolders(IEnumerable<Digest> chunks)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        foreach (string folder in chunks.Select(c => c.Hex[..2]).Distinct(StringComparer.Ordinal))
        {
            FolderSync.Run(Path.Combine(_folder, folder));
        }

        FolderSync.Run(_folder);
    }

    private ChunkVerdict Keep(Digest digest, ReadOnlySpan<byte> plain)
    {
        if (Digest.Of(plain) != digest)
        {
            return ChunkVerdict.DigestMismatch;
        }

        byte[] room = ArrayPool<byte>.Shared.Rent(plain.Length);
        try
        {
            int coded = _coding.Encode(plain, room);
            Write(PathOf(digest, coded > 0), coded > 0 ? room.AsSpan(0, coded) : plain);
            File.Delete(PathOf(digest, coded == 0));
            return ChunkVerdict.Stored;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = Path.Combine(_folder, "incoming", $"{_owner}-{Interlocked.Increment(ref _temporary)}");
        try
        {
            using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? _folder);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private ChunkReading ReadOnce(Digest digest)
    {
        ChunkReading first = ReadForm(digest, isCoded: true);
        return first is ChunkReading.Found ? first : Other(first, ReadForm(digest, isCoded: false));
    }

    private ChunkReading ReadAgain(Digest digest)
    {
        ChunkReading coded = ReadForm(digest, isCoded: true);
        if (coded is ChunkReading.Found)
        {
            return coded;
        }

        ChunkReading plain = ReadForm(digest, isCoded: false);
        SetAside(digest, coded is ChunkReading.Damaged, isCoded: true);
        SetAside(digest, plain is ChunkReading.Damaged, isCoded: false);
        return Other(coded, plain);
    }

    private static ChunkReading Other(ChunkReading first, ChunkReading second) =>
        second is ChunkReading.Found || first is ChunkReading.Absent ? second : first;

    private ChunkReading ReadForm(Digest digest, bool isCoded)
    {
        byte[]? file = ReadFile(
            PathOf(digest, isCoded), isCoded ? ChunkCoding.FrameBytesMax : Limits.ChunkBytesMax, out int bytes);
        if (file is null)
        {
            return bytes < 0 ? new ChunkReading.Absent() : new ChunkReading.Damaged();
        }

        StoredChunk? chunk = isCoded ? Decode(file, bytes) : new StoredChunk(file, bytes, null, 0);
        if (chunk is not null && Digest.Of(chunk.Plain.Span) == digest)
        {
            return new ChunkReading.Found(chunk);
        }

        chunk?.Dispose();
        return new ChunkReading.Damaged();
    }

    /// <summary>The chunk of a frame, whose buffer is its own from here on; null when it cannot be read.</summary>
    private StoredChunk? Decode(byte[] frame, int frameBytes)
    {
        if (ChunkCoding.Measure(frame.AsSpan(0, frameBytes), out int bytes) == ChunkVerdict.Stored)
        {
            byte[] plain = ArrayPool<byte>.Shared.Rent(bytes);
            if (_coding.TryDecode(frame.AsSpan(0, frameBytes), plain.AsSpan(0, bytes)))
            {
                return new StoredChunk(plain, bytes, frame, frameBytes);
            }

            ArrayPool<byte>.Shared.Return(plain);
        }

        ArrayPool<byte>.Shared.Return(frame);
        return null;
    }

    /// <summary>A whole file in a buffer of the pool.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytesMax">What is longer is not read.</param>
    /// <param name="bytes">Its length; -1 when there is no such file.</param>
    /// <returns>Null when there is none, or when it is empty or too long.</returns>
    private static byte[]? ReadFile(string path, int bytesMax, out int bytes)
    {
        bytes = -1;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
            bytes = (int)Math.Min(file.Length, int.MaxValue);
            if (bytes == 0 || bytes > bytesMax)
            {
                return null;
            }

            byte[] room = ArrayPool<byte>.Shared.Rent(bytes);
            file.ReadExactly(room, 0, bytes);
            return room;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void SetAside(Digest digest, bool isDamaged, bool isCoded)
    {
        string path = PathOf(digest, isCoded);
        if (isDamaged && FileMoves.Try(path, Path.Combine(_folder, "damaged", Path.GetFileName(path))))
        {
            Interlocked.Increment(ref _damagedFiles);
        }
    }
}
