using System.Collections.Immutable;
using System.Text;
using Kedge.Content.Packages;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Support;

/// <summary>Packages of the sample classifier.</summary>
internal static class SamplePackages
{
    public static PackageRequest Request { get; } = new()
    {
        Name = "bearing",
        CreatedAtMs = 1_700_000_000_000,
        FileName = "classifier.onnx",
        Model = SampleModels.Bytes(SampleModels.Classifier),
        Golden = new GoldenRequest(Encoding.UTF8.GetBytes("""{"schema":1,"samples":[]}"""), GoldenSource.Author, 1),
        Architectures = ["x64", "arm64"],
        IsaFeatures = ["avx2"],
        Provenance = ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal,
            [KeyValuePair.Create("source.commit", "0123abc"), KeyValuePair.Create("note", "été")]),
    };

    public static BuildOutcome.Built Built { get; } = (BuildOutcome.Built)PackageBuilder.Build(Request);

    public static PackageManifest Manifest => Built.Manifest;
}
