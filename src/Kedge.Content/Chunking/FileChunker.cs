using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Chunking;

/// <summary>Turns a file that is pushed piece by piece into its record: chunks in order, length and digest. Holds no
/// more than hash states and the list of chunks, so a file of any size can pass through.</summary>
public sealed class FileChunker : IDisposable
{
    private readonly ContentChunker _chunker;
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _chunk = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ImmutableArray<ChunkRef>.Builder _chunks = ImmutableArray.CreateBuilder<ChunkRef>();
    private long _bytes;

    /// <summary>Begins a file.</summary>
    /// <param name="fileBytes">How long it will be: it decides how long its chunks are.</param>
    public FileChunker(long fileBytes) => _chunker = new ContentChunker(ChunkLengths.Of(fileBytes));

    /// <summary>Bytes pushed so far.</summary>
    public long Bytes => _bytes;

    /// <summary>Takes the next bytes of the file.</summary>
    public void Push(ReadOnlySpan<byte> input)
    {
        _whole.AppendData(input);
        _bytes += input.Length;
        while (!input.IsEmpty)
        {
            int before = _chunker.PendingBytes;
            bool cut = _chunker.TryCut(input, out int consumed);
            _chunk.AppendData(input[..consumed]);
            input = input[consumed..];
            if (cut)
            {
                Close(before + consumed);
            }
        }
    }

    /// <summary>Ends the file and gives its record; call once.</summary>
    /// <param name="path">The file's path within the package.</param>
    public PackageFile Finish(string path)
    {
        if (_chunker.PendingBytes > 0)
        {
            Close(_chunker.PendingBytes);
        }

        return new PackageFile
        {
            Path = path,
            Bytes = _bytes,
            Digest = Digest.FromHash(_whole.GetHashAndReset()),
            Chunks = _chunks.DrainToImmutable(),
        };
    }

    /// <summary>The record of a file that lies in memory.</summary>
    public static PackageFile Cut(string path, ReadOnlySpan<byte> file)
    {
        using FileChunker chunker = new(file.Length);
        chunker.Push(file);
        return chunker.Finish(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _whole.Dispose();
        _chunk.Dispose();
    }

    private void Close(int bytes) => _chunks.Add(new ChunkRef(Digest.FromHash(_chunk.GetHashAndReset()), bytes));
}
