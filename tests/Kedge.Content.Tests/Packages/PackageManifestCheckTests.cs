using System.Collections.Immutable;
using Kedge.Content.Tests.Support;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Packages;

public sealed class PackageManifestCheckTests
{
    private static readonly PackageFile File = SamplePackages.Manifest.Variants[0].Files[0];

    [Theory]
    [InlineData("model.onnx", true)]
    [InlineData("a/b/c+d_e-f.bin", true)]
    [InlineData(".hidden", true)]
    [InlineData("", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("a//b", false)]
    [InlineData("a/", false)]
    [InlineData("..", false)]
    [InlineData("a/../b", false)]
    [InlineData("./a", false)]
    [InlineData("...", false)]
    [InlineData("a\\b", false)]
    [InlineData("C:x", false)]
    [InlineData("-rf", false)]
    [InlineData("a b", false)]
    [InlineData("a\nb", false)]
    [InlineData("é", false)]
    [InlineData("1/2/3/4/5/6/7/8/9", false)]
    public void Paths_mean_one_file_within_the_package(string path, bool valid) =>
        Assert.Equal(valid, PackagePaths.IsValid(path));

    [Theory]
    [InlineData("model.onnx", "MODEL.onnx")]
    [InlineData("a", "a/b")]
    public void Two_files_at_one_place_are_found(string one, string other) =>
        Assert.Contains(ModelErrors.DuplicatePath.Code, Codes(
            Variant() with { Files = [File with { Path = one }, File with { Path = other }], EntryFile = one }));

    [Fact]
    public void A_golden_file_in_the_way_of_the_model_is_found()
    {
        PackageManifest manifest = SamplePackages.Manifest;
        manifest = manifest with { Golden = manifest.Golden! with { File = File } }; // the sample has one
        Assert.Equal(
            [ModelErrors.DuplicatePath.Code],
            PackageManifestCheck.Findings(manifest).Select(static one => one.Code));
    }

    [Fact]
    public void Chunks_that_do_not_add_up_are_found()
    {
        Assert.Contains(ModelErrors.ChunkSum.Code, Codes(Variant() with { Files = [File with { Chunks = [] }] }));
        ChunkRef tooLong = new(Digest.Of([1]), ModelLimits.ChunkBytesMax + 1);
        Assert.Contains(
            ModelErrors.Size.Code,
            Codes(Variant() with { Files = [File with { Bytes = tooLong.Bytes, Chunks = [tooLong] }] }));
    }

    [Fact]
    public void One_digest_with_two_lengths_is_found()
    {
        Digest digest = Digest.Of([1]);
        PackageFile file = File with { Bytes = 3, Chunks = [new ChunkRef(digest, 1), new ChunkRef(digest, 2)] };
        Assert.Equal([ModelErrors.ChunkSum.Code], Codes(Variant() with { Files = [file] }));
    }

    [Fact]
    public void Too_many_variants_and_files_are_found()
    {
        PackageManifest many = SamplePackages.Manifest with
        {
            Variants = [.. Enumerable.Range(0, 17).Select(static index => Variant() with { Name = $"v{index}" })],
        };
        Assert.Equal([ModelErrors.Count.Code], PackageManifestCheck.Findings(many).Select(static one => one.Code));
        Assert.Equal([ModelErrors.Count.Code], PackageManifestCheck.Findings(many with { Variants = [] })
            .Select(static one => one.Code));
        ImmutableArray<PackageFile> files =
            [File, .. Enumerable.Range(0, 64).Select(static index => File with { Path = $"f{index}" })];
        Assert.Equal([ModelErrors.Count.Code], Codes(Variant() with { Files = files }));
    }

    [Theory]
    [InlineData("x64-avx2", 1, 0, true)]
    [InlineData("x64-avx2", 3_600_000_000, 1, true)]
    [InlineData("X64", 1, 0, false)]
    [InlineData("", 1, 0, false)]
    [InlineData("a-class-of-more-than-32-characters", 1, 0, false)]
    [InlineData("x64-avx2", 0, 0, false)]
    [InlineData("x64-avx2", 3_600_000_001, 0, false)]
    [InlineData("x64-avx2", 1, -1, false)]
    public void Costs_are_within_bounds(string hardware, long latencyUs, long memoryBytes, bool valid)
    {
        VariantCost cost = new() { Hardware = hardware, LatencyUs = latencyUs, MemoryBytes = memoryBytes };
        Assert.Equal(
            valid ? [] : [ModelErrors.Cost.Code], Codes(Variant() with { Costs = [cost] }).Distinct());
        if (valid)
        {
            Assert.Equal([ModelErrors.Cost.Code], Codes(Variant() with { Costs = [cost, cost] }));
        }
    }

    [Theory]
    [InlineData(0, 0, 1, true)]
    [InlineData(1e12, 1e12, 0.001, true)]
    [InlineData(-1e-9, 0, 1, false)]
    [InlineData(0, 1.1e12, 1, false)]
    [InlineData(double.NaN, 0, 1, false)]
    [InlineData(0, double.PositiveInfinity, 1, false)]
    [InlineData(0, 0, 0, false)]
    [InlineData(0, 0, 1.5, false)]
    [InlineData(0, 0, double.NaN, false)]
    public void Tolerances_are_within_bounds(double absolute, double relative, double agreement, bool valid)
    {
        GoldenTolerance tolerance = new()
        {
            Absolute = absolute, Relative = relative, MinimumAgreement = agreement,
        };
        Assert.Equal(
            valid ? [] : [ModelErrors.Tolerance.Code], Codes(Variant() with { Tolerance = tolerance }));
    }

    [Theory]
    [InlineData(ModelFormat.Safetensors, ModelFormat.Gguf, true)]
    [InlineData(ModelFormat.Safetensors, ModelFormat.Onnx, false)]
    [InlineData(ModelFormat.TfLite, ModelFormat.TfLite, false)]
    public void Only_weights_alone_need_no_outputs(ModelFormat one, ModelFormat other, bool valid)
    {
        PackageManifest manifest = SamplePackages.Manifest with
        {
            Outputs = [],
            Variants = [Variant() with { Format = one }, Variant() with { Name = "other", Format = other }],
        };
        Assert.Equal(
            valid ? [] : [ModelErrors.Count.Code],
            PackageManifestCheck.Findings(manifest).Select(static finding => finding.Code));
    }

    [Fact]
    public void Every_format_has_a_word_that_names_it()
    {
        foreach (ModelFormat format in Enum.GetValues<ModelFormat>())
        {
            Assert.Equal(format, ModelFormats.Of(ModelFormats.Word(format)));
        }
    }

    private static ModelVariant Variant() => SamplePackages.Manifest.Variants[0];

    private static string[] Codes(ModelVariant variant) =>
        [.. PackageManifestCheck.Findings(SamplePackages.Manifest with { Variants = [variant], Golden = null })
            .Select(static finding => finding.Code)];
}
