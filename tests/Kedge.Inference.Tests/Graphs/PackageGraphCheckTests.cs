using System.Collections.Immutable;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Imaging;
using Kedge.Inference.Golden;
using Kedge.Inference.Graphs;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>A graph held against what its package says, without a model.</summary>
public sealed class PackageGraphCheckTests
{
    private const string Graph = """
        {"schema": 1, "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1]}],
         "models": [{"name": "second", "file": "second.tflite"}],
         "steps": [
          {"name": "decode", "op": "decodeImage", "inputs": ["image"], "outputs": ["photo"], "colour": "grey"},
          {"name": "resize", "op": "resize", "inputs": ["photo"], "outputs": ["small"], "width": 4, "height": 1},
          {"name": "cast", "op": "cast", "inputs": ["small"], "outputs": ["numbers"], "to": "FP32"},
          {"name": "row", "op": "reshape", "inputs": ["numbers"], "outputs": ["row"], "shape": [1, 4]},
          {"name": "one", "op": "model", "inputs": ["row"], "outputs": ["middle"]},
          {"name": "two", "op": "model", "inputs": ["middle"], "outputs": ["scores"], "model": "second"},
          {"name": "best", "op": "topK", "inputs": ["scores"], "outputs": ["index", "score", "label"], "k": 1,
           "labels": "labels.txt"}],
         "outputs": ["label", "score"]}
        """;

    private static readonly PackageManifest _right = new()
    {
        Name = "trial",
        CreatedAtMs = 1,
        Inputs = [Tensor("image", "BYTES", 1)],
        Outputs = [Tensor("label", "BYTES", 1, 1), Tensor("score", "FP32", 1, 1)],
        Labels = "labels.txt",
        Graph = new PackageGraph
        {
            Path = "graph.json",
            DecodesImages = true,
            Members = [Member("model", ""), Member("second", "second.tflite")],
        },
        Variants = [],
    };

    [Fact]
    public void One_that_fits_has_no_findings() => Assert.Empty(Findings(_right, Graph));

    [Fact]
    public void A_package_without_a_graph_is_asked_for_its_labels_alone()
    {
        PackageManifest plain = _right with { Graph = null };
        Assert.Empty(Findings(plain, ""));
        Assert.Equal(
            "KEDGE-INFER-052 labels", Assert.Single(Codes(Findings(plain, "", [0xFF, 0xFE]))));
    }

    [Fact]
    public void What_is_no_graph_is_told_as_such() =>
        Assert.Equal("KEDGE-INFER-050 ", Assert.Single(Codes(Findings(_right, "{"))));

    [Theory]
    [InlineData("to\": \"FP32", "to\": \"INT8", "KEDGE-INFER-051 steps[4].inputs")]
    [InlineData("\"k\": 1", "\"k\": 9", "KEDGE-INFER-051 steps[6].k")]
    [InlineData(", \"model\": \"second\"", "", "KEDGE-INFER-051 models")]
    [InlineData("second.tflite", "other.tflite", "KEDGE-MODEL-020 graph.members")]
    [InlineData("[\"label\", \"score\"]", "[\"score\", \"label\"]", "KEDGE-MODEL-020 outputs")]
    [InlineData("\"image\", \"datatype\"", "\"picture\", \"datatype\"", "KEDGE-INFER-051 steps[0].inputs")]
    [InlineData("labels.txt", "../labels.txt", "KEDGE-INFER-052 labels")]
    [InlineData("labels.txt", "more.txt", "KEDGE-INFER-052 labels")]
    public void One_mistake_in_the_graph_is_told_at_its_field(string from, string to, string finding) =>
        Assert.Contains(finding, Codes(Findings(_right, Graph.Replace(from, to, StringComparison.Ordinal))));

    [Fact]
    public void What_the_manifest_says_must_be_what_the_graph_makes()
    {
        PackageGraph graph = _right.Graph!; // It has one.
        Assert.Equal(
            ["KEDGE-MODEL-020 graph.decodesImages"],
            Codes(Findings(_right with { Graph = graph with { DecodesImages = false } }, Graph)));
        Assert.Equal(
            ["KEDGE-MODEL-020 outputs"],
            Codes(Findings(_right with { Outputs = [Tensor("label", "BYTES", 1, 1)] }, Graph)));
        Assert.Equal(
            ["KEDGE-MODEL-020 inputs"],
            Codes(Findings(_right with { Inputs = [Tensor("image", "BYTES", -1)] }, Graph)));
    }

    [Fact]
    public void One_open_axis_may_stand_for_any_number_of_them_and_for_one()
    {
        PackageGraph graph = _right.Graph!; // It has one.
        PackageManifest open = _right with
        {
            Graph = graph with
            {
                Members = [graph.Members[0], graph.Members[1] with { Outputs = [Tensor("y", "FP32", -1)] }],
            },
            Outputs = [Tensor("label", "BYTES", 1), Tensor("score", "FP32", 1)],
        };
        Assert.Empty(Findings(open, Graph));
        Assert.Empty(Findings(
            open with { Outputs = _right.Outputs },
            Graph.Replace("\"outputs\": [\"scores\"]", "\"outputs\": [\"raw\"]", StringComparison.Ordinal).Replace(
                "{\"name\": \"best\"",
                "{\"name\": \"flat\", \"op\": \"reshape\", \"inputs\": [\"raw\"], \"outputs\": [\"scores\"], "
                + "\"shape\": [1, 4]}, {\"name\": \"best\"",
                StringComparison.Ordinal)));
    }

    [Fact]
    public void Damaged_graphs_and_labels_always_get_an_answer()
    {
        Rng rng = new(12);
        byte[] graph = Encoding.UTF8.GetBytes(Graph);
        byte[] labels = "a\nb\nc\nd\n"u8.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. round % 8 == 0 ? graph[..rng.Below(graph.Length)] : graph];
            for (int hits = rng.Below(4); hits > 0 && damaged.Length > 0; hits--)
            {
                damaged[rng.Below(damaged.Length)] = graph[rng.Below(graph.Length)];
            }

            byte[] lines = [.. labels];
            lines[rng.Below(lines.Length)] = (byte)rng.Below(256);
            _ = PackageGraphCheck.Findings(_right, path => path == "graph.json" ? damaged : lines);
        }
    }

    [Fact]
    public void Limits_of_the_manifest_are_those_of_graphs()
    {
        Assert.Equal(GraphLimits.FileBytesMax, ModelLimits.GraphBytesMax);
        Assert.Equal(GraphLimits.LabelsBytesMax, ModelLimits.LabelsBytesMax);
        Assert.Equal(GraphLimits.ModelsMax + 1, ModelLimits.GraphMembersMax);
        Assert.Equal(GraphLimits.NameCharsMax, ModelLimits.GraphNameCharsMax);
        Assert.Equal(GraphSpec.OwnModel, PackageGraph.OwnMember);
    }

    [Fact]
    public void Sample_images_are_whole_images_and_the_same_for_the_same_seed()
    {
        byte[] png = SampleImage.Png(new Rng(7));
        Assert.Equal(png, SampleImage.Png(new Rng(7)));
        Assert.NotEqual(png, SampleImage.Png(new Rng(8)));
        Tensor pixels = new();
        pixels.Begin("photo", TensorType.UInt8);
        Assert.Null(new NativeImages().Decode(png, new ImageTerms(3, GraphLimits.PixelsMax, true), pixels));
        Assert.Equal([64, 80, 3], pixels.Shape.ToArray());
        Assert.InRange(pixels.Bytes.ToArray().Distinct().Count(), 50, 256);
    }

    private static ImmutableArray<Finding> Findings(PackageManifest manifest, string graph, byte[]? labels = null) =>
        PackageGraphCheck.Findings(manifest, path => path switch
        {
            "graph.json" => Encoding.UTF8.GetBytes(graph),
            "labels.txt" => labels ?? "a\nb\nc\nd\n"u8.ToArray(),
            _ => default,
        });

    private static IEnumerable<string> Codes(ImmutableArray<Finding> findings) =>
        findings.Select(static finding => $"{finding.Code} {finding.Field}");

    private static GraphMember Member(string name, string path) => new()
    {
        Name = name, Path = path, Inputs = [Tensor("x", "FP32", 1, 4)], Outputs = [Tensor("y", "FP32", 1, 4)],
    };

    private static TensorDeclaration Tensor(string name, string datatype, params long[] shape) => new()
    {
        Name = name, Datatype = datatype, Shape = [.. shape],
    };
}
