using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Chunking;

/// <summary>Checks a file that is put together from its chunks: each chunk as it comes, the whole at the end.</summary>
public sealed class FileVerifier(PackageFile file) : IDisposable
{
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _next;

    /// <summary>What is wrong with the bytes that came for <paramref name="chunk"/>; null when nothing is.</summary>
    public static Finding? Check(ChunkRef chunk, ReadOnlySpan<byte> bytes) =>
        bytes.Length == chunk.Bytes && Digest.Of(bytes) == chunk.Digest
            ? null
            : ContentErrors.DigestMismatch.At($"The chunk {chunk.Digest.Short} has other bytes.");

    /// <summary>Takes the next chunk of the file.</summary>
    /// <returns>What is wrong with it; null when nothing is. After a finding the file is lost.</returns>
    public Finding? Push(ReadOnlySpan<byte> chunk)
    {
        if (_next >= file.Chunks.Length)
        {
            return ContentErrors.DigestMismatch.At($"The file '{file.Path}' has more bytes than it should.");
        }

        _whole.AppendData(chunk);
        return Check(file.Chunks[_next++], chunk);
    }

    /// <summary>Ends the file; call once, after the last chunk.</summary>
    /// <returns>What is wrong with the whole; null when nothing is.</returns>
    public Finding? Finish() =>
        _next == file.Chunks.Length && Digest.FromHash(_whole.GetHashAndReset()) == file.Digest
            ? null
            : ContentErrors.DigestMismatch.At($"The file '{file.Path}' is not whole or has other bytes.");

    /// <inheritdoc/>
    public void Dispose() => _whole.Dispose();
}
