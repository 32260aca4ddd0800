using System.Collections.Immutable;
using Kedge.Content.Chunking;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Packages;

/// <summary>What a manifest may say of its graph: every mistake has one finding at its field.</summary>
public sealed class GraphChecksTests
{
    private static readonly PackageManifest _right = PackagedGraphs.Around(SamplePackages.Manifest);

    public static TheoryData<string, Func<PackageManifest, PackageManifest>, string> Mistakes { get; } = new()
    {
        { "KEDGE-MODEL-017 graph.path", static m => With(m, g => g with { Path = "other.json" }), "absent" },
        { "KEDGE-MODEL-017 graph.path", static m => With(m, g => g with { Path = "model.onnx" }), "the model" },
        { "KEDGE-MODEL-017 graph.path", static m => WithFile(m, "graph.json", new byte[65 * 1024]), "too large" },
        { "KEDGE-MODEL-017 graph.path", Twice, "another in each variant" },
        { "KEDGE-MODEL-017 graph.mediaType", static m => With(m, g => g with { MediaType = "text/plain" }), "kind" },
        { "KEDGE-MODEL-003 graph.members", static m => With(m, g => g with { Members = [] }), "no member" },
        { "KEDGE-MODEL-018 graph.members[0].name", static m => WithMember(m, 0, x => x with { Name = "x" }), "own" },
        { "KEDGE-MODEL-018 graph.members[1].name", static m => WithMember(m, 1, x => x with { Name = "model" }), "2" },
        { "KEDGE-MODEL-018 graph.members[0].path", static m => WithMember(m, 0, x => x with { Path = "a.onnx" }), "a" },
        { "KEDGE-MODEL-018 graph.members[1].path", static m => WithMember(m, 1, x => x with { Path = "" }), "nowhere" },
        {
            "KEDGE-MODEL-018 graph.members[1].path",
            static m => WithMember(m, 1, x => x with { Path = "labels.txt" }), "no model"
        },
        {
            "KEDGE-MODEL-010 graph.members[1].inputs[0].datatype",
            static m => WithMember(m, 1, x => x with { Inputs = [x.Inputs[0] with { Datatype = "FLOAT" }] }), "tensor"
        },
        {
            "KEDGE-MODEL-003 graph.members[1].outputs",
            static m => WithMember(m, 1, x => x with { Outputs = [] }), "gives nothing"
        },
        { "KEDGE-MODEL-019 labels", static m => m with { Labels = "more.txt" }, "absent" },
        { "KEDGE-MODEL-019 labels", static m => WithFile(m, "labels.txt", new byte[(4 << 20) + 1]), "too large" },
    };

    [Fact]
    public void A_right_one_has_none() => Assert.Empty(PackageManifestCheck.Findings(_right));

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_has_one_finding(string finding, Func<PackageManifest, PackageManifest> change, string what)
    {
        ImmutableArray<Finding> findings = PackageManifestCheck.Findings(change(_right));
        Assert.True(findings.Length == 1, $"{what}: {string.Join("; ", findings)}");
        Assert.Equal(finding, $"{findings[0].Code} {findings[0].Field}");
    }

    private static PackageManifest With(PackageManifest manifest, Func<PackageGraph, PackageGraph> change) =>
        manifest with { Graph = change(manifest.Graph!) }; // It has one.

    private static PackageManifest WithMember(
        PackageManifest manifest, int index, Func<GraphMember, GraphMember> change) =>
        With(manifest, graph => graph with
        {
            Members = graph.Members.SetItem(index, change(graph.Members[index])),
        });

    private static PackageManifest WithFile(PackageManifest manifest, string path, byte[] bytes) => manifest with
    {
        Variants =
        [
            .. manifest.Variants.Select(variant => variant with
            {
                Files = [.. variant.Files.Select(file => file.Path == path ? FileChunker.Cut(path, bytes) : file)],
            }),
        ],
    };

    private static PackageManifest Twice(PackageManifest manifest) => manifest with
    {
        Variants =
        [
            .. manifest.Variants, WithFile(manifest, "graph.json", [1]).Variants[0] with { Name = "other" },
        ],
    };
}
