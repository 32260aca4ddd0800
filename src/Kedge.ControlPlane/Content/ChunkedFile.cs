using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// A file of a package, read from anywhere in it over the chunks that it is cut into. Some of the chunks that were read
/// last are kept in memory. For one thread.
/// </summary>
internal sealed class ChunkedFile : IDisposable
{
    private readonly ChunkFolder _chunks;
    private readonly PackageFile _file;
    private readonly long[] _starts;
    private readonly Dictionary<int, LinkedListNode<Held>> _held = [];
    private readonly LinkedList<Held> _byUse = [];

    /// <summary>Opens a file; nothing is read yet.</summary>
    public ChunkedFile(ChunkFolder chunks, PackageFile file)
    {
        _chunks = chunks;
        _file = file;
        _starts = new long[file.Chunks.Length];
        long start = 0;
        for (int index = 0; index < _starts.Length; index++)
        {
            _starts[index] = start;
            start += file.Chunks[index].Bytes;
        }

        Check.That(start == file.Bytes);
    }

    /// <summary>Length of the file, in bytes.</summary>
    public long Bytes => _file.Bytes;

    /// <summary>
    /// Reads from <paramref name="offset"/> on; fewer bytes than asked for only at the end of the file.
    /// </summary>
    /// <exception cref="KedgeException"><c>KEDGE-SERVER-015</c>: a chunk is missing or damaged.</exception>
    public int Read(long offset, Span<byte> into)
    {
        int total = 0;
        while (total < into.Length && offset + total < _file.Bytes)
        {
            long at = offset + total;
            int found = Array.BinarySearch(_starts, at);
            int index = found >= 0 ? found : ~found - 1;
            ReadOnlySpan<byte> chunk = ChunkAt(index)[(int)(at - _starts[index])..];
            int count = Math.Min(chunk.Length, into.Length - total);
            chunk[..count].CopyTo(into[total..]);
            total += count;
        }

        return total;
    }

    /// <summary>Puts the whole file together in a new file on the disk.</summary>
    public void CopyTo(string path, CancellationToken ct)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 256 * Limits.KiB);
        foreach (ChunkRef chunk in _file.Chunks)
        {
            ct.ThrowIfCancellationRequested();
            using StoredChunk found = Load(chunk);
            file.Write(found.Plain.Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Held held in _byUse)
        {
            held.Chunk.Dispose();
        }

        _byUse.Clear();
        _held.Clear();
    }

    private ReadOnlySpan<byte> ChunkAt(int index)
    {
        if (_held.TryGetValue(index, out LinkedListNode<Held>? node))
        {
            _byUse.Remove(node);
        }
        else
        {
            while (_byUse.Count >= ServerLimits.DeltaChunksHeld && _byUse.First is LinkedListNode<Held> oldest)
            {
                _byUse.RemoveFirst();
                _held.Remove(oldest.Value.Index);
                oldest.Value.Chunk.Dispose();
            }

            node = new LinkedListNode<Held>(new Held(index, Load(_file.Chunks[index])));
            _held[index] = node;
        }

        _byUse.AddLast(node);
        return node.Value.Chunk.Plain.Span;
    }

    private StoredChunk Load(ChunkRef chunk)
    {
        if (_chunks.Read(chunk.Digest) is not ChunkReading.Found(var found))
        {
            throw new KedgeException(ServerErrors.ContentLost, $"chunk {chunk.Digest.Short} of {_file.Path}");
        }

        Check.That(found.Plain.Length == chunk.Bytes);
        found.DropCoded();
        return found;
    }

    private readonly record struct Held(int Index, StoredChunk Chunk);
}
