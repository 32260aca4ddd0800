using System.Collections.Immutable;
using System.Text;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Support;

/// <summary>Packages of the sample classifier.</summary>
internal static class SamplePackages
{
    public static VariantRequest Variant { get; } = new()
    {
        Model = ModelFile.Of("classifier.onnx", SampleModels.Bytes(SampleModels.Classifier)),
        Architectures = ["x64", "arm64"],
        IsaFeatures = ["avx2"],
    };

    public static PackageRequest Request { get; } = new()
    {
        Name = "bearing",
        CreatedAtMs = 1_700_000_000_000,
        Variants = [Ready(Variant)],
        Golden = new GoldenRequest(Encoding.UTF8.GetBytes("""{"schema":1,"samples":[]}"""), GoldenSource.Author, 1),
        Provenance = ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal,
            [KeyValuePair.Create("source.commit", "0123abc"), KeyValuePair.Create("note", "été")]),
    };

    public static BuildOutcome.Built Built { get; } = (BuildOutcome.Built)PackageBuilder.Build(Request);

    public static PackageManifest Manifest => Built.Manifest;

    public static VariantOutcome.Ready Ready(VariantRequest request) =>
        Assert.IsType<VariantOutcome.Ready>(VariantInspector.Inspect(request));
}
