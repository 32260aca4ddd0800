using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Agent.Disk;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Content;

/// <summary>Files beyond 4 GiB, and files of very many chunks.</summary>
public sealed class LargeFileTests
{
    [Fact]
    public void A_file_beyond_4_GiB_goes_on_behind_what_is_there()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kedge-large-");
        try
        {
            byte[] zeros = new byte[ModelLimits.ChunkBytesMax];
            byte[] last = FetchStage.Weights(100_000, 1);
            ChunkRef zero = new(Digest.Of(zeros), zeros.Length);
            ImmutableArray<ChunkRef> chunks =
                [.. Enumerable.Repeat(zero, 16_385), new ChunkRef(Digest.Of(last), last.Length)];
            PackageFile file = new()
            {
                Path = "weights.bin",
                Bytes = chunks.Sum(static c => (long)c.Bytes),
                Digest = Digest.Of("not asked"u8),
                Chunks = chunks,
            };
            Assert.True(file.Bytes > 1L << 32);
            _ = folder.CreateSubdirectory("content/partial");
            using (FileStream sparse = File.Create(Path.Combine(folder.FullName, "content/partial/weights")))
            {
                // All but the last two chunks, not one block of them on the disk.
                sparse.SetLength(file.Bytes - last.Length - zeros.Length);
            }

            using PartialFile partial = new(new RealDisk(folder.FullName), "content/partial/weights", file);
            partial.Look();
            Assert.Equal(16_384, partial.Chunks);
            Assert.True(partial.TryAppend(zeros));
            Assert.True(partial.TryAppend(last.AsSpan(0, 1000)));
            Assert.Equal(1000, partial.RestBytes);
            Assert.True(partial.TryAppend(last.AsSpan(1000)));
            Assert.Equal((file.Bytes, chunks.Length), (partial.ChunkBytes, partial.Chunks));
            byte[] read = new byte[last.Length];
            Assert.Equal(
                last.Length, new RealDisk(folder.FullName).ReadAt(partial.Path, file.Bytes - last.Length, read));
            Assert.Equal(last, read);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void As_many_chunks_as_a_package_may_have_cost_no_more_than_their_number()
    {
        byte[] bytes = new byte[ModelLimits.ChunksMax];
        new Random(1).NextBytes(bytes);
        PackageFile file = new()
        {
            Path = "weights.bin",
            Bytes = bytes.Length,
            Digest = Digest.Of(bytes),
            Chunks = [.. bytes.Select(static b => new ChunkRef(Digest.Of([b]), 1))],
        };
        MemoryDisk disk = new();
        using PartialFile partial = new(disk, "content/partial/weights", file);
        partial.Look();
        for (int at = 0; at < bytes.Length; at += 16)
        {
            Assert.True(partial.TryAppend(bytes.AsSpan(at, 16)));
        }

        Assert.Equal(bytes, disk.Read(partial.Path, bytes.Length));
        long before = GC.GetAllocatedBytesForCurrentThread();
        using PartialFile again = new(disk, "content/partial/weights", file);
        again.Look();
        Assert.Equal(file.Chunks.Length, again.Chunks);
        // A chunk costs its digest's text and nothing that grows with those before it.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 600L * file.Chunks.Length);
    }
}
