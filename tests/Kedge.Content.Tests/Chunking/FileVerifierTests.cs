using Kedge.Content.Chunking;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Chunking;

public sealed class FileVerifierTests
{
    private readonly byte[] _bytes = new byte[600_000];
    private readonly PackageFile _file;

    public FileVerifierTests()
    {
        new Random(8).NextBytes(_bytes);
        _file = FileChunker.Cut("model.onnx", _bytes);
    }

    [Fact]
    public void The_right_chunks_in_order_are_the_file()
    {
        using FileVerifier verifier = new(_file);
        Assert.All(Chunks(_bytes), chunk => Assert.Null(verifier.Push(chunk)));
        Assert.Null(verifier.Finish());
    }

    [Fact]
    public void A_tampered_chunk_is_found_where_it_comes()
    {
        byte[] tampered = [.. _bytes];
        tampered[^1] ^= 1;
        using FileVerifier verifier = new(_file);
        Finding?[] findings = [.. Chunks(tampered).Select(chunk => verifier.Push(chunk))];
        Assert.All(findings[..^1], Assert.Null);
        Assert.Equal(ContentErrors.DigestMismatch.Code, findings[^1]?.Code);
        Assert.NotNull(verifier.Finish());
    }

    [Fact]
    public void A_missing_chunk_and_one_too_many_are_found()
    {
        byte[][] chunks = [.. Chunks(_bytes)];
        using FileVerifier missing = new(_file);
        Assert.All(chunks[..^1], chunk => Assert.Null(missing.Push(chunk)));
        Assert.NotNull(missing.Finish());
        using FileVerifier more = new(_file);
        Assert.All(chunks, chunk => Assert.Null(more.Push(chunk)));
        Assert.NotNull(more.Push([1]));
    }

    private IEnumerable<byte[]> Chunks(byte[] bytes)
    {
        int at = 0;
        foreach (ChunkRef chunk in _file.Chunks)
        {
            yield return bytes[at..(at + chunk.Bytes)];
            at += chunk.Bytes;
        }
    }
}
