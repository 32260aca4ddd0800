using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Formats;

public sealed class TensorMapsTests
{
    private static readonly byte[] Model = ExternalModels.Of(
        ExternalModels.Tensor("t0", 2, ("location", "weights.bin"), ("offset", "8"), ("length", "8")));

    [Fact]
    public void Every_format_is_found_by_its_content()
    {
        Assert.Equal(["W", "b"], Names(SampleModels.Bytes(SampleModels.Classifier)));
        Assert.Equal(["W", "b"], Names(TfLiteBytes.Good).Order(StringComparer.Ordinal));
        Assert.Equal(["norm.weight", "blk.0.weight"], Names(GgufBytes.Good));
        Assert.Equal(["a", "b"], Names(SafetensorsBytes.Good));
        Assert.Empty(Names([]));
        Assert.Empty(Names("a text, no model"u8.ToArray()));
    }

    [Fact]
    public void Weights_beside_a_model_are_mapped_by_the_model()
    {
        ModelFile weights = ModelFile.Of("weights.bin", new byte[16]);
        ModelFile read = ModelFile.Of("model.onnx", Model);
        ModelFile onDisk = new("model.onnx", read.Bytes, read.Read);
        Assert.Equal(
            [new TensorSpan("t0", ElementKind.Float32, 8, 8)], TensorMaps.Beside(weights, onDisk).Spans.AsEnumerable());
        Assert.Empty(TensorMaps.Beside(ModelFile.Of("other.bin", new byte[16]), onDisk).Spans);
        Assert.Empty(TensorMaps.Beside(weights, weights).Spans);
    }

    [Fact]
    public void A_variant_takes_its_weights_along_and_a_variant_without_a_graph_stands_alone()
    {
        VariantRequest request = new()
        {
            Model = ModelFile.Of("m.onnx", Model),
            Siblings = [ModelFile.Of("weights.bin", new byte[16])],
        };
        VariantOutcome.Ready ready = SamplePackages.Ready(request);
        Assert.Equal(["model.onnx", "weights.bin"], ready.Variant.Files.Select(static file => file.Path));
        ImmutableArray<Finding> findings = Assert.IsType<VariantOutcome.Refused>(
            VariantInspector.Inspect(request with { Siblings = [] })).Findings;
        Assert.Equal(FormatErrors.ExternalMissing.Code, Assert.Single(findings).Code);

        VariantOutcome.Ready gguf = SamplePackages.Ready(new VariantRequest
        {
            Model = ModelFile.Of("m.gguf", GgufBytes.Good),
        });
        BuildOutcome.Built built = Assert.IsType<BuildOutcome.Built>(PackageBuilder.Build(
            new PackageRequest { Name = "words", CreatedAtMs = 1, Variants = [gguf] }));
        Assert.Equal(("gguf-q4-k", ModelFormat.Gguf), (gguf.Variant.Name, built.Manifest.Variants[0].Format));
        Assert.True(PackageFormat.TryRead(built.Payload.AsSpan(), out PackageManifest? manifest, out _));
        Assert.Empty(manifest!.Outputs); // true means that there is one
    }

    private static IEnumerable<string> Names(byte[] file) =>
        TensorMaps.Of(ModelFile.Of("m", file)).Spans.Select(static span => span.Name);
}
