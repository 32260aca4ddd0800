using System.Buffers.Binary;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>
/// A file that is being put together: a prefix of it on the disk. Problem: bytes come in pieces that do not end where
/// chunks end, the agent may be killed between any two of them, and what counts must have been verified. Approach:
/// bytes are appended as they come; the digest of each chunk is taken on the way, and the chunk counts once it is
/// right. Behind the chunks that count there may be a <em>rest</em>: bytes of the next chunk that did not come to its
/// end. Invariants: <see cref="Chunks"/> chunks stand at the beginning of the file and had the right digest when they
/// were written; a chunk that comes wrong is cut off whole. What counts is found again after a restart by digest, once;
/// nothing is synced before the file is whole, so that a power cut may cost what was not written back.
/// One writer; <see cref="Chunks"/>, <see cref="ChunkBytes"/> and <see cref="Beat"/> may be read from any thread.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly IDisk _disk;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private IDiskFile? _open;
    private long _chunkBytes;
    private long _stirs;
    private volatile int _chunks;
    private int _restBytes;
    private bool _isKnown;

    internal PartialFile(IDisk disk, string path, PackageFile file) => (_disk, Path, File) = (disk, path, file);

    /// <summary>Where it is, a path of the disk.</summary>
    internal string Path { get; }

    /// <summary>What it is to become.</summary>
    internal PackageFile File { get; }

    /// <summary>How many chunks from the first on are there, verified.</summary>
    internal int Chunks => _chunks;

    /// <summary>Bytes of the chunks that are there, verified.</summary>
    internal long ChunkBytes => Interlocked.Read(ref _chunkBytes);

    /// <summary>Bytes of the next chunk that are there.</summary>
    internal int RestBytes => _restBytes;

    /// <summary>All bytes that are there.</summary>
    internal long Bytes => ChunkBytes + _restBytes;

    /// <summary>
    /// Changes with whatever comes for it, also what is not in it yet: by it others tell slow from dead.
    /// </summary>
    internal long Beat => Bytes + Interlocked.Read(ref _stirs);

    /// <summary>
    /// Finds what is there. The first time by the digest of each chunk; what was appended since is known to be right.
    /// </summary>
    internal void Look()
    {
        long length = _disk.Length(Path) ?? 0;
        if (_isKnown && length >= Bytes)
        {
            return;
        }

        Forget();
        byte[] buffer = new byte[ModelLimits.ChunkBytesMax];
        foreach (ChunkRef chunk in File.Chunks)
        {
            Span<byte> bytes = buffer.AsSpan(0, Math.Min(chunk.Bytes, buffer.Length));
            bool isRight = bytes.Length == chunk.Bytes && ChunkBytes + chunk.Bytes <= length
                && _disk.ReadAt(Path, ChunkBytes, bytes) == chunk.Bytes && Digest.Of(bytes) == chunk.Digest;
            if (!isRight)
            {
                break;
            }

            Count(chunk);
        }

        _isKnown = true;
    }

    /// <summary>Takes bytes behind those that count as the rest, where they are there; false where not.</summary>
    /// <param name="bytes">How many, fewer than the next chunk has.</param>
    /// <param name="isRight">Judges them.</param>
    internal bool TryTakeRest(int bytes, Func<ReadOnlySpan<byte>, bool> isRight)
    {
        Check.That(_restBytes == 0);
        if (bytes == 0 || Chunks == File.Chunks.Length || bytes >= File.Chunks[Chunks].Bytes)
        {
            return bytes == 0;
        }

        byte[] rest = new byte[bytes];
        if ((_disk.Length(Path) ?? 0) < ChunkBytes + bytes
            || _disk.ReadAt(Path, ChunkBytes, rest) != bytes || !isRight(rest))
        {
            return false;
        }

        _hash.AppendData(rest);
        _restBytes = bytes;
        return true;
    }

    /// <summary>
    /// Appends bytes; false when a chunk that they complete is wrong: then it is cut off, and those before it stay.
    /// </summary>
    internal bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Check.That(Chunks < File.Chunks.Length);
            ChunkRef chunk = File.Chunks[Chunks];
            ReadOnlySpan<byte> part = bytes[..Math.Min(bytes.Length, chunk.Bytes - _restBytes)];
            bytes = bytes[part.Length..];
            _hash.AppendData(part);
            if (_restBytes + part.Length < chunk.Bytes)
            {
                Write(part);
                _restBytes += part.Length;
                continue;
            }

            if (Digest.FromHash(_hash.GetHashAndReset()) != chunk.Digest)
            {
                _restBytes = 0;
                return false;
            }

            Write(part);
            _restBytes = 0;
            Count(chunk);
        }

        return true;
    }

    /// <summary>The check of the rest, as <see cref="TailHead.CheckOf"/> gives it.</summary>
    internal ulong RestCheck() => BinaryPrimitives.ReadUInt64LittleEndian(_hash.GetCurrentHash());

    /// <summary>Drops the rest: the next byte appended is the first of the next chunk.</summary>
    internal void DropBack()
    {
        _restBytes = 0;
        _ = _hash.GetHashAndReset();
    }

    /// <summary>Makes what is there survive a cut.</summary>
    internal void Sync() => Opened().Sync();

    /// <summary>Something came for it that is not in it yet, or is known to be on its way.</summary>
    internal void Stir() => Interlocked.Increment(ref _stirs);

    /// <summary>Closes it; what is known of it stays known.</summary>
    public void Dispose()
    {
        _open?.Dispose();
        _open = null;
    }

    /// <summary>Makes the next <see cref="Look"/> read what is there.</summary>
    internal void Forget()
    {
        DropBack();
        _isKnown = false;
        _chunks = 0;
        Interlocked.Exchange(ref _chunkBytes, 0);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            IDiskFile open = Opened();
            if (open.Length != Bytes)
            {
                open.Truncate(Bytes);
            }

            open.Write(bytes);
        }
        catch (DiskException)
        {
            // The digest ran ahead of what stands there.
            DropBack();
            throw;
        }
    }

    private IDiskFile Opened()
    {
        if (_open is null)
        {
            _disk.CreateFolder(Path[..Path.LastIndexOf('/')]);
            _open = _disk.Open(Path, DiskOpening.Append);
        }

        return _open;
    }

    private void Count(ChunkRef chunk)
    {
        Interlocked.Add(ref _chunkBytes, chunk.Bytes);
        _chunks++;
    }
}
