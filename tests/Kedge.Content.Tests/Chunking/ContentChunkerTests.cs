using Kedge.Content.Chunking;
using Kedge.Core;
using Kedge.Core.Models;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Chunking;

public sealed class ContentChunkerTests(ITestOutputHelper output)
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public void Chunks_joined_are_the_file_and_keep_their_bounds()
    {
        Random random = new(1);
        foreach (int length in new[] { 0, 1, 16_383, 16_384, 16_385, 65_536, 262_144, 262_145, 3 * MiB + 17 })
        {
            byte[] bytes = Bytes(random, length);
            PackageFile file = FileChunker.Cut("f", bytes);
            Assert.Equal(length, file.Bytes);
            Assert.Equal(Digest.Of(bytes), file.Digest);
            int at = 0;
            foreach (ChunkRef chunk in file.Chunks)
            {
                bool isLast = at + chunk.Bytes == length;
                Assert.InRange(chunk.Bytes, isLast ? 1 : ContentLimits.ChunkBytesMin, ContentLimits.ChunkBytesMax);
                Assert.Equal(Digest.Of(bytes.AsSpan(at, chunk.Bytes)), chunk.Digest);
                at += chunk.Bytes;
            }

            Assert.Equal(length, at);
        }
    }

    [Fact]
    public void Cuts_do_not_depend_on_how_the_bytes_are_pushed()
    {
        Random random = new(2);
        byte[] bytes = Bytes(random, 2 * MiB);
        PackageFile whole = FileChunker.Cut("f", bytes);
        for (int round = 0; round < 20; round++)
        {
            using FileChunker chunker = new(bytes.Length);
            int pieceMax = round == 0 ? 1 : 1 << random.Next(1, 20);
            for (int at = 0; at < bytes.Length;)
            {
                int length = Math.Min(bytes.Length - at, random.Next(1, pieceMax + 1));
                chunker.Push(bytes.AsSpan(at, length));
                at += length;
            }

            PackageFile pieces = chunker.Finish("f");
            Assert.Equal(whole.Chunks.AsEnumerable(), pieces.Chunks.AsEnumerable());
            Assert.Equal(whole.Digest, pieces.Digest);
        }
    }

    [Fact]
    public void Lengths_gather_around_the_average()
    {
        PackageFile file = FileChunker.Cut("f", Bytes(new Random(3), 32 * MiB));
        double mean = file.Chunks.Average(static chunk => chunk.Bytes);
        output.WriteLine($"{file.Chunks.Length} chunks, mean {mean:F0} bytes");
        Assert.InRange(mean, ContentLimits.ChunkBytesAverage * 0.75, ContentLimits.ChunkBytesAverage * 1.5);
        Assert.True(file.Chunks.Count(static chunk => chunk.Bytes == ContentLimits.ChunkBytesMax) < 5);
    }

    [Fact]
    public void Chunks_of_a_large_file_are_twice_as_long_and_begin_at_one_length()
    {
        Assert.Equal(ChunkLengths.Usual, ChunkLengths.Of(ModelLimits.LargeFileBytes - 1));
        Assert.Equal(ChunkLengths.Large, ChunkLengths.Of(ModelLimits.LargeFileBytes));
        byte[] bytes = Bytes(new Random(5), 32 * MiB);
        using FileChunker chunker = new(ModelLimits.LargeFileBytes);
        chunker.Push(bytes);
        PackageFile file = chunker.Finish("f");
        double mean = file.Chunks.Average(static chunk => chunk.Bytes);
        output.WriteLine($"{file.Chunks.Length} chunks, mean {mean:F0} bytes");
        Assert.InRange(
            mean, ContentLimits.LargeChunkBytesAverage * 0.9, ContentLimits.LargeChunkBytesAverage * 1.5);
        Assert.All(
            file.Chunks.SkipLast(1), static chunk => Assert.InRange(
                chunk.Bytes, ContentLimits.LargeChunkBytesMin, ContentLimits.ChunkBytesMax));
        Assert.InRange(
            file.Chunks.Count(static chunk => chunk.Bytes == ContentLimits.ChunkBytesMax), 0, file.Chunks.Length / 20);

        // The whole package of one file fits the list of chunks.
        Assert.InRange(ModelLimits.PackageBytesMax / mean, 1, ModelLimits.ChunksMax);
    }

    [Fact]
    public void An_insertion_changes_only_the_chunks_around_it()
    {
        Random random = new(4);
        byte[] bytes = Bytes(random, 8 * MiB);
        HashSet<Digest> before = [.. FileChunker.Cut("f", bytes).Chunks.Select(static chunk => chunk.Digest)];
        for (int round = 0; round < 10; round++)
        {
            int at = random.Next(bytes.Length);
            byte[] shifted = [.. bytes[..at], .. Bytes(random, random.Next(1, 100)), .. bytes[at..]];
            PackageFile after = FileChunker.Cut("f", shifted);
            Assert.InRange(after.Chunks.Count(chunk => !before.Contains(chunk.Digest)), 1, 4);
        }
    }

    [Fact]
    public void Bytes_without_any_structure_are_cut_at_the_maximum()
    {
        PackageFile zeros = FileChunker.Cut("f", new byte[MiB]);
        Assert.All(zeros.Chunks, static chunk => Assert.Equal(ContentLimits.ChunkBytesMax, chunk.Bytes));
    }

    [Fact]
    public void The_cuts_of_a_known_stream_never_change()
    {
        byte[] bytes = new byte[MiB];
        ulong state = 1;
        for (int index = 0; index < bytes.Length; index++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            bytes[index] = (byte)(state >> 56);
        }

        // Computed by an independent program from the paper's description.
        Assert.Equal(
            "67892 61391 65006 67702 85751 95788 45946 35930 68608 84831 77467 74731 79329 69331 68873",
            string.Join(" ", FileChunker.Cut("f", bytes).Chunks.Select(static chunk => chunk.Bytes)));
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
