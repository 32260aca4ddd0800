using System.Security.Cryptography;
using System.Text;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Chunking;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>The server reads graph and labels itself: whatever pushed them, what does not fit is not stored.</summary>
public sealed class GraphUploadTests
{
    private const string Graph = """
        {"schema": 1, "inputs": [{"name": "numbers", "datatype": "FP32", "shape": [1, 4]}],
         "steps": [
          {"name": "run", "op": "model", "inputs": ["numbers"], "outputs": ["scores"]},
          {"name": "best", "op": "topK", "inputs": ["scores"], "outputs": ["index", "score", "label"], "k": 1,
           "labels": "labels.txt"}],
         "outputs": ["label"]}
        """;

    private static readonly byte[] _labels = "a\nb\nc\nd\n"u8.ToArray();

    public static TheoryData<string, string, string> Wrong { get; } = new()
    {
        { Graph[..40], "", "KEDGE-INFER-050" },
        { Graph.Replace("\"topK\"", "\"top\"", StringComparison.Ordinal), "", "KEDGE-INFER-051" },
        { Graph.Replace("\"k\": 1", "\"k\": 5", StringComparison.Ordinal), "", "KEDGE-INFER-051" },
        { Graph, "only one", "KEDGE-INFER-051" },
        { Graph.Replace("[\"label\"]", "[\"score\"]", StringComparison.Ordinal), "", "KEDGE-MODEL-020" },
    };

    [Fact]
    public async Task A_package_whose_graph_fits_is_stored()
    {
        await using TestServer server = await TestServer.StartAsync();
        PushResource stored = await PushAsync(server, Graph, _labels);
        Assert.True(stored.Created);
        Assert.Empty(stored.MissingChunks);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_package_whose_graph_does_not_fit_is_refused_and_not_stored(
        string graph, string labels, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => PushAsync(server, graph, labels.Length == 0 ? _labels : Encoding.UTF8.GetBytes(labels)));
        Assert.Equal((422, "KEDGE-API-009"), (refused.Status, refused.Problem.Error.Code));
        Assert.Equal(code, Assert.Single(refused.Problem.Findings).Code);
        Assert.Empty((await server.Client.ListPackagesAsync("", server.Ct)).Items);
    }

    private static async Task<PushResource> PushAsync(TestServer server, string graph, byte[] labels)
    {
        byte[] text = Encoding.UTF8.GetBytes(graph);
        byte[] model = [1, 2, 3];
        TensorDeclaration Tensor(string name, string datatype, params long[] shape) =>
            new() { Name = name, Datatype = datatype, Shape = [.. shape] };
        PackageManifest manifest = new()
        {
            Name = "trial",
            CreatedAtMs = 1,
            Inputs = [Tensor("numbers", "FP32", 1, 4)],
            Outputs = [Tensor("label", "BYTES", 1, 1)],
            Graph = new PackageGraph
            {
                Path = "graph.json",
                DecodesImages = false,
                Members =
                [
                    new GraphMember
                    {
                        Name = "model", Inputs = [Tensor("x", "FP32", 1, 4)], Outputs = [Tensor("y", "FP32", 1, 4)],
                    },
                ],
            },
            Variants =
            [
                new ModelVariant
                {
                    Name = "onnx-fp32",
                    Format = ModelFormat.Onnx,
                    Precision = "fp32",
                    Accelerator = AcceleratorKind.Cpu,
                    EntryFile = "model.onnx",
                    Files =
                    [
                        FileChunker.Cut("model.onnx", model), FileChunker.Cut("graph.json", text),
                        FileChunker.Cut("labels.txt", labels),
                    ],
                },
            ],
        };
        using ECDsa key = server.ModelKey();
        byte[] envelope = Dsse.Sign(PackageFormat.PayloadType, PackageFormat.Write(manifest), key);
        Assert.Equal(3, (await server.Client.PushPackageAsync(envelope, server.Ct)).MissingChunks.Count);
        foreach (byte[] chunk in (byte[][])[model, text, labels])
        {
            await server.Client.PutChunkAsync(Digest.Of(chunk).ToString(), chunk, server.Ct);
        }

        return await server.Client.PushPackageAsync(envelope, server.Ct);
    }
}
