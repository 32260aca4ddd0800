using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Tests;

/// <summary>Limits lean on one another; this is where that is written down.</summary>
public sealed class LimitsTests
{
    private const int ChunkJsonBytesMax = 104;
    private const int RestOfManifestBytesMax = 2 * 1024 * 1024;

    [Fact]
    public void A_manifest_with_the_most_chunks_fits_its_own_limit()
    {
        string chunk = $$"""{"digest":"{{Digest.Of([])}}","bytes":{{ContentLimits.ChunkBytesMax}}},""";
        Assert.InRange(chunk.Length, 1, ChunkJsonBytesMax);
        Assert.InRange(
            (ModelLimits.ChunksMax * (long)ChunkJsonBytesMax) + RestOfManifestBytesMax,
            1,
            ModelLimits.ManifestBytesMax);
    }

    [Fact]
    public void The_largest_package_can_be_described_in_the_most_chunks() =>
        Assert.InRange(
            ModelLimits.PackageBytesMax / ContentLimits.LargeChunkBytesAverage, 1, ModelLimits.ChunksMax);

    [Fact]
    public void What_one_part_accepts_the_others_do_not_refuse()
    {
        Assert.Equal(ModelLimits.ManifestBytesMax, Limits.PackageManifestBytesMax);
        Assert.Equal(ModelLimits.PackageBytesMax, Limits.UploadBytesMax);
        Assert.Equal(ModelLimits.ChunkBytesMax, Limits.ChunkBytesMax);
        Assert.True(ModelLimits.FileBytesMax <= ModelLimits.PackageBytesMax);
        Assert.True(ModelLimits.FileBytesMax > uint.MaxValue);
        Assert.True(ModelLimits.LargeFileBytes < ModelLimits.FileBytesMax);
    }

    [Fact]
    public void An_envelope_of_the_largest_manifest_fits_its_own_limit() =>
        Assert.InRange(
            (ModelLimits.ManifestBytesMax / 3L * 4)
                + (ContentLimits.SignaturesMax * (ContentLimits.SignatureCharsMax + ContentLimits.KeyIdCharsMax + 64)),
            1,
            ModelLimits.EnvelopeBytesMax);

    [Fact]
    public void The_largest_model_that_is_walked_fits_the_largest_file() =>
        Assert.True(OnnxLimits.ModelBytesMax <= ModelLimits.FileBytesMax);

    [Fact]
    public void Chunk_lengths_are_in_order_and_one_limit_is_one_number()
    {
        Assert.True(ContentLimits.ChunkBytesMin < ContentLimits.ChunkBytesAverage);
        Assert.True(ContentLimits.ChunkBytesAverage < ContentLimits.ChunkBytesMax);
        Assert.True(ContentLimits.LargeChunkBytesMin < ContentLimits.LargeChunkBytesAverage);
        Assert.True(ContentLimits.LargeChunkBytesAverage < ContentLimits.ChunkBytesMax);
        Assert.Equal(ModelLimits.ChunkBytesMax, ContentLimits.ChunkBytesMax);
    }
}
