using System.Collections.Immutable;
using System.Text;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Packages;

/// <summary>Manifests of models with very many chunks, and of more things than a package may have.</summary>
public sealed class ManyChunksTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public void A_manifest_of_as_many_chunks_as_8_GiB_have_is_read_in_little_more_than_they_are_kept_in()
    {
        const int Count = 100_000;
        byte[] hash = new byte[Digest.HashBytes];
        ChunkRef[] chunks = new ChunkRef[Count];
        Rng rng = new(1);
        for (int index = 0; index < Count; index++)
        {
            BitConverter.TryWriteBytes(hash, (((long)rng.Below(int.MaxValue)) << 24) + index + 1);
            chunks[index] = new ChunkRef(Digest.FromHash(hash), 90_000);
        }

        byte[] json = PackageFormat.Write(Of(new PackageFile
        {
            Path = "model.onnx",
            Bytes = 90_000L * Count,
            Digest = Digest.Of("a"u8),
            Chunks = [.. chunks],
        }));
        _ = PackageFormat.TryRead(json, out _, out _);
        long held = GC.GetTotalMemory(forceFullCollection: true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(PackageFormat.TryRead(json, out PackageManifest? manifest, out _));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        held = GC.GetTotalMemory(forceFullCollection: true) - held;
        Assert.Equal(chunks, manifest!.Variants[0].Files[0].Chunks);
        Assert.True(held < 72L * Count, $"{held / Count} bytes are kept of a chunk, {allocated / Count} allocated");
        Assert.True(allocated < 260L * Count, $"{allocated / Count} bytes are allocated for a chunk");
    }

    [Theory]
    [InlineData(1, 1_000_000, "files")]
    [InlineData(1_000_000, 1, "chunks")]
    [InlineData(100_000, 43, "files of chunks")]
    public void A_million_of_anything_is_refused_before_it_takes_room(int inner, int outer, string what)
    {
        StringBuilder text = new("""{"schema":1,"name":"a","variants":[{"name":"v","files":[""");
        string file = inner == 1
            ? "{}"
            : "{\"chunks\":[" + string.Join(',', Enumerable.Repeat("{}", inner)) + "]}";
        _ = text.AppendJoin(',', Enumerable.Repeat(file, outer)).Append("]}]}");
        byte[] json = Encoding.UTF8.GetBytes(text.ToString());
        Assert.True(json.Length <= ModelLimits.ManifestBytesMax, what);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(PackageFormat.TryRead(json, out _, out ImmutableArray<Finding> findings));
        Assert.Equal("KEDGE-CONTENT-008", Assert.Single(findings).Code);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 24 * MiB, $"{allocated / MiB} MiB for {what}");
    }

    private static PackageManifest Of(PackageFile file) => new()
    {
        Name = "large",
        CreatedAtMs = 1,
        Inputs = [new TensorDeclaration { Name = "x", Datatype = "FP32", Shape = [1] }],
        Outputs = [new TensorDeclaration { Name = "y", Datatype = "FP32", Shape = [1] }],
        Variants =
        [
            new ModelVariant
            {
                Name = "onnx-fp32",
                Format = ModelFormat.Onnx,
                Precision = "fp32",
                Accelerator = AcceleratorKind.Cpu,
                EntryFile = file.Path,
                Files = [file],
            },
        ],
    };
}
