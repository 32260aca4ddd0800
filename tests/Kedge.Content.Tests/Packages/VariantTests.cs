using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Content.Tests.Support;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Tests.Packages;

public sealed class VariantTests
{
    [Fact]
    public void What_is_no_model_is_refused_with_the_gates_findings()
    {
        VariantOutcome outcome = VariantInspector.Inspect(new VariantRequest
        {
            Model = ModelFile.Of("m.onnx", new byte[] { 0x80, 4, 1 }),
        });
        Assert.Equal(
            ContentErrors.Pickle.Code, Assert.Single(Assert.IsType<VariantOutcome.Refused>(outcome).Findings).Code);
    }

    [Theory]
    [InlineData(0, "KEDGE-CONTENT-001")]
    [InlineData(ModelLimits.FileBytesMax + 1, "KEDGE-CONTENT-007")]
    [InlineData(OnnxLimits.ModelBytesMax + 1L, "KEDGE-CONTENT-007")]
    public void A_length_that_cannot_be_is_refused_before_it_is_read(long bytes, string code)
    {
        ModelFile file = new("m.onnx", bytes, static (offset, into) =>
        {
            Assert.InRange(offset + into.Length, 0, 512);
            into.Clear();
            return into.Length;
        });
        VariantOutcome outcome = VariantInspector.Inspect(new VariantRequest { Model = file });
        Assert.Equal(code, Assert.Single(Assert.IsType<VariantOutcome.Refused>(outcome).Findings).Code);
    }

    [Fact]
    public void A_file_that_gets_shorter_or_other_is_found()
    {
        byte[] model = SampleModels.Bytes(SampleModels.Classifier);
        ModelFile cut = new("m.onnx", model.Length + 1, ModelFile.Of("m", model).Read);
        VariantOutcome outcome = VariantInspector.Inspect(new VariantRequest { Model = cut });
        Assert.Equal(
            ContentErrors.FileChanged.Code,
            Assert.Single(Assert.IsType<VariantOutcome.Refused>(outcome).Findings).Code);

        BuildOutcome.Built built = Built(Ready("a", SampleModels.Classifier, model));
        ChunkSource chunk = built.Chunks[0];
        byte[] room = new byte[chunk.Chunk.Bytes];
        Assert.Null(chunk.Read(room));
        model[^1] ^= 1;
        Assert.Equal(ContentErrors.FileChanged.Code, chunk.Read(room)?.Code);
        Assert.Contains("m.onnx", chunk.Read(room)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bytes_that_a_runtime_gets_are_those_that_passed_the_gate()
    {
        byte[] model = SampleModels.Bytes(SampleModels.Classifier);
        VariantOutcome.Ready ready = Ready("a", SampleModels.Classifier, model);
        Assert.Null(ready.ReadModel(out byte[] read));
        Assert.Equal(model, read);
        model[10] ^= 1;
        Assert.Equal(ContentErrors.FileChanged.Code, ready.ReadModel(out _)?.Code);
    }

    [Fact]
    public void Variants_keep_their_order_names_and_files_apart()
    {
        BuildOutcome.Built built = Built(
            Ready("", SampleModels.Classifier), Ready("small", SampleModels.Classifier with { Name = "other" }));
        Assert.Equal(["onnx-fp32", "small"], built.Manifest.Variants.Select(static v => v.Name));
        Assert.All(built.Manifest.Variants, static v => Assert.Equal("model.onnx", v.EntryFile));
        Assert.NotEqual(built.Manifest.Variants[0].Files[0].Digest, built.Manifest.Variants[1].Files[0].Digest);
        Assert.Equal(2, built.Chunks.Length);
        Assert.All(built.Chunks, static one => Assert.Null(one.Read(new byte[one.Chunk.Bytes])));
        Assert.Equal("kedge", built.Manifest.Provenance["producer"]);
    }

    [Fact]
    public void A_model_signature_speaks_of_the_files_of_every_variant()
    {
        BuildOutcome.Built built = Built(
            Ready("b", SampleModels.Classifier), Ready("a", SampleModels.Classifier with { Name = "other" }));
        Assert.Equal(
            ["a/model.onnx", "b/model.onnx"],
            ModelSignature.StatementOf(built.Manifest).Resources.Select(static one => one.Name));
    }

    [Fact]
    public void Weights_beside_a_model_are_packaged_under_their_own_name()
    {
        byte[] weights = [.. Enumerable.Range(0, 16).Select(static index => (byte)index)];
        VariantRequest request = new()
        {
            Model = ModelFile.Of(
                "large.onnx", ExternalModels.Of(ExternalModels.Tensor("t0", 4, ("location", "w.bin")))),
        };
        VariantOutcome missing = VariantInspector.Inspect(request);
        Assert.Contains(
            "'w.bin'",
            Assert.Single(Assert.IsType<VariantOutcome.Refused>(missing).Findings).Message,
            StringComparison.Ordinal);
        BuildOutcome.Built built = Built(SamplePackages.Ready(request with
        {
            Siblings = [ModelFile.Of("w.bin", weights)],
        }));
        Assert.Equal(["model.onnx", "w.bin"], built.Manifest.Variants[0].Files.Select(static file => file.Path));
        Assert.Equal(Digest.Of(weights), built.Manifest.Variants[0].Files[1].Digest);
        byte[] room = new byte[16];
        Assert.Null(built.Chunks[^1].Read(room));
        Assert.Equal(weights, room);
    }

    [Fact]
    public void Weights_alone_declare_nothing_and_go_with_a_model_that_does()
    {
        VariantOutcome.Ready weights = SamplePackages.Ready(new VariantRequest
        {
            Name = "weights", Model = ModelFile.Of("m.safetensors", SafetensorsBytes.Good),
        });
        Assert.Equal("model.safetensors", weights.Variant.EntryFile);
        PackageManifest alone = Built(weights).Manifest;
        Assert.Empty(alone.Outputs);
        PackageManifest both = Built(weights, Ready("", SampleModels.Classifier)).Manifest;
        Assert.Equal(["y", "label"], both.Outputs.Select(static output => output.Name));
    }

    [Fact]
    public void More_siblings_than_a_variant_may_have_are_refused()
    {
        VariantOutcome outcome = VariantInspector.Inspect(SamplePackages.Variant with
        {
            Siblings = [.. Enumerable.Range(0, 64).Select(static i => ModelFile.Of($"f{i}", new byte[1]))],
        });
        Assert.Equal(
            ModelErrors.Count.Code, Assert.Single(Assert.IsType<VariantOutcome.Refused>(outcome).Findings).Code);
    }

    [Fact]
    public void Two_variants_of_one_name_are_found() => Assert.Equal(
        [ModelErrors.Name.Code],
        Refusals(Ready("", SampleModels.Classifier), Ready("", SampleModels.Classifier)).Select(static f => f.Code));

    [Theory]
    [InlineData("x", OnnxElementType.Float, "-1 4", "y", "only the first has it")]
    [InlineData("z", OnnxElementType.Float, "-1 4", "p", "only the second has it")]
    [InlineData("x", OnnxElementType.Double, "-1 4", "p", "it is FP32 and FP64")]
    [InlineData("x", OnnxElementType.Float, "-1 5", "p", "its shape is [-1, 4] and [-1, 5]")]
    [InlineData("x", OnnxElementType.Float, "4", "p", "its shape is [-1, 4] and [4]")]
    public void Variants_that_are_not_one_model_are_refused(
        string input, OnnxElementType type, string shape, string output, string why)
    {
        Finding[] findings = [.. Refusals(
            Ready("one", Identity("x", OnnxElementType.Float, [-1, 4], "p")),
            Ready("two", Identity(input, type, Extents(shape), output)))];
        Assert.NotEmpty(findings);
        Assert.All(findings, static finding => Assert.Equal(ModelErrors.VariantsDisagree.Code, finding.Code));
        Assert.Contains(findings, finding => finding.Message.Contains(why, StringComparison.Ordinal));
        Assert.All(
            findings,
            static f => Assert.StartsWith("one and two disagree on the ", f.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-1 4", "8 4", "8 4", "-1 4")]
    [InlineData("8 4", "-1 4", "8 4", "-1 4")]
    [InlineData("-1", "2 4", "2 4", "-1")]
    [InlineData("2 4", "-1", "2 4", "-1")]
    [InlineData("-1", "7", "7", "-1")]
    [InlineData("-1 4", "-1 4", "-1 4", "-1 4")]
    public void A_package_promises_what_all_variants_keep(string one, string two, string input, string output)
    {
        PackageManifest manifest = Built(
            Ready("one", Identity("x", OnnxElementType.Float, Extents(one), "p")),
            Ready("two", Identity("x", OnnxElementType.Float, Extents(two), "p"))).Manifest;
        Assert.Equal(Extents(input), manifest.Inputs[0].Shape.AsEnumerable());
        Assert.Equal(Extents(output), manifest.Outputs[0].Shape.AsEnumerable());
    }

    private static long[] Extents(string text) =>
        [.. text.Split(' ').Select(static word => long.Parse(word, System.Globalization.CultureInfo.InvariantCulture))];

    private static OnnxGraphSpec Identity(string input, OnnxElementType type, long[] shape, string output) => new()
    {
        Name = "identity",
        Inputs = [OnnxValue.Tensor(input, type, shape)],
        Outputs = [OnnxValue.Tensor(output, type, shape)],
        Nodes = [new OnnxNodeSpec("Identity", [input], [output])],
    };

    private static VariantOutcome.Ready Ready(string name, OnnxGraphSpec graph, byte[]? bytes = null) =>
        SamplePackages.Ready(new VariantRequest
        {
            Name = name, Model = ModelFile.Of("m.onnx", bytes ?? SampleModels.Bytes(graph)),
        });

    private static BuildOutcome.Built Built(params ImmutableArray<VariantOutcome.Ready> variants) =>
        Assert.IsType<BuildOutcome.Built>(Build(variants));

    private static ImmutableArray<Finding> Refusals(params ImmutableArray<VariantOutcome.Ready> variants) =>
        Assert.IsType<BuildOutcome.Refused>(Build(variants)).Findings;

    private static BuildOutcome Build(ImmutableArray<VariantOutcome.Ready> variants) =>
        PackageBuilder.Build(new PackageRequest { Name = "bearing", CreatedAtMs = 1, Variants = variants });
}
