using System.Security.Cryptography;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Graphs;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tests.Serve;
using Kedge.ModelServer.Models;
using Kedge.Tests.Support;
using Xunit.Abstractions;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>A JPEG in, labels out: the whole graph of the documents.</summary>
[Collection(AloneCollection.Name)]
public sealed class ClassifierTests(ITestOutputHelper output)
{
    /// <summary>What numpy and Pillow make of turned6.jpg: the digest of the tensor that a model is given.</summary>
    private const string TensorDigest = "529d4816cb21db1c0104e620e4295829ce9abc4006209c9c0bdc5229ac5263ce";

    private const string Before = """
        {"name": "decode", "op": "decodeImage", "inputs": ["image"], "outputs": ["photo"]},
        {"name": "resize", "op": "resize", "inputs": ["photo"], "outputs": ["small"], "shorter": 256},
        {"name": "crop", "op": "centreCrop", "inputs": ["small"], "outputs": ["middle"], "width": 224, "height": 224},
        {"name": "scale", "op": "normalise", "inputs": ["middle"], "outputs": ["values"], "scale": 0.00392156862745098,
         "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        {"name": "planes", "op": "toPlanes", "inputs": ["values"], "outputs": ["tensor"]}
        """;

    [Fact]
    public void The_tensor_before_the_model_is_bit_by_bit_what_numpy_makes()
    {
        using TemporaryFolder folder = new();
        using GraphSession session = Load(folder, Before, "\"tensor\"", "absent.onnx");
        InferenceCall call = GraphBench.Run(session, Photo());
        Assert.Equal(TensorDigest, Convert.ToHexStringLower(SHA256.HashData(call.Outputs[0].Bytes)));
    }

    [Fact]
    public void A_jpeg_becomes_labels_as_the_bare_model_says()
    {
        if (FromElsewhere.Find(
            "onnx-conformance/light/light_squeezenet.onnx", "labels of a photo", output.WriteLine) is not { } model)
        {
            return;
        }

        using TemporaryFolder folder = new();
        File.WriteAllLines(folder.File("labels.txt"), Enumerable.Range(0, 1000).Select(static i => $"class {i}"));
        const string After = """
            , {"name": "classify", "op": "model", "inputs": ["tensor"], "outputs": ["raw"]},
            {"name": "flat", "op": "reshape", "inputs": ["raw"], "outputs": ["scores"], "shape": [1, 1000]},
            {"name": "best", "op": "topK", "inputs": ["scores"], "outputs": ["classes", "score", "label"], "k": 5,
             "labels": "labels.txt"}
            """;
        using GraphSession session = Load(folder, Before + After, "\"label\", \"score\", \"tensor\"", model);
        InferenceCall call = GraphBench.Run(session, Photo());
        using OnnxSession bare = OnnxSession.FromFile(model, new OnnxSessionOptions());
        Tensor tensor = call.Outputs[2];
        Assert.Equal(TensorDigest, Convert.ToHexStringLower(SHA256.HashData(tensor.Bytes)));
        float[] scores = GraphBench.Run(bare, tensor).Outputs[0].Values<float>().ToArray();
        int[] best = [.. Enumerable.Range(0, 1000).OrderByDescending(i => scores[i]).ThenBy(static i => i).Take(5)];
        Assert.Equal(best.Select(i => scores[i]), call.Outputs[1].Values<float>().ToArray());
        Assert.Equal(
            best.Select(static i => $"class {i}"),
            Enumerable.Range(0, 5).Select(i => Encoding.UTF8.GetString(call.Outputs[0].Text(i))));
    }

    [Fact]
    public void A_warm_run_allocates_nothing()
    {
        using TemporaryFolder folder = new();
        using GraphSession session = Load(folder, Before, "\"tensor\"", "absent.onnx");
        InferenceCall call = GraphBench.Fill(session, Photo());
        for (int i = 0; i < 50; i++)
        {
            Assert.Null(session.Run(call));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            session.Run(call);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_graph_that_lacks_its_labels_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        KedgeException failure = Assert.Throws<KedgeException>(() => Load(
            folder,
            Before + """
                , {"name": "best", "op": "topK", "inputs": ["tensor"], "outputs": ["a", "b", "c"], "k": 5,
                   "labels": "names.txt"}
                """,
            "\"c\"",
            "absent.onnx"));
        Assert.Equal("KEDGE-SERVE-041", failure.Finding.Code);
        Assert.Contains("names.txt", failure.Message, StringComparison.Ordinal);
    }

    private static Tensor Photo()
    {
        Tensor photo = new();
        photo.Begin("image", TensorType.Bytes);
        Assert.True(photo.TryShape([1]));
        photo.AppendText(ImageTests.Read("turned6.jpg"));
        return photo;
    }

    private static GraphSession Load(TemporaryFolder folder, string steps, string outputs, string model)
    {
        string path = folder.File("graph.json");
        File.WriteAllText(path, $$"""
            {"schema": 1, "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1]}],
             "steps": [{{steps}}], "outputs": [{{outputs}}]}
            """);
        return GraphLoader.Load(path, model, static file => OnnxSession.FromFile(file, new OnnxSessionOptions()));
    }
}
