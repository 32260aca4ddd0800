using System.Globalization;
using Kedge.Inference.Graphs;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>Steps on numbers, against plain arithmetic and against ONNX Runtime.</summary>
public sealed class StepTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Softmax_sums_to_one_and_keeps_the_order(int count)
    {
        float[] values = GraphBench.Numbers(count, 3 * count, -300, 300);
        InferenceCall call = RunOne("softmax", "FP32", "[3, -1]", "", Floats([3, count], values));
        for (int row = 0; row < 3; row++)
        {
            float[] made = call.Outputs[0].Values<float>().Slice(row * count, count).ToArray();
            double[] from = [.. values.Skip(row * count).Take(count).Select(static one => (double)one)];
            double sum = from.Sum(one => Math.Exp(one - from.Max()));
            Assert.Equal(1, made.Sum(), 1e-4);
            Assert.All(
                made.Zip(from), pair => Assert.Equal(Math.Exp(pair.Second - from.Max()) / sum, pair.First, 1e-6));
        }
    }

    [Fact]
    public void Sigmoid_is_right_to_its_ends()
    {
        float[] values = [.. GraphBench.Numbers(5, 37, -20, 20), -200, 200, 0];
        InferenceCall call = RunOne("sigmoid", "FP32", "[-1]", "", Floats([values.Length], values));
        Assert.All(
            call.Outputs[0].Values<float>().ToArray().Zip(values),
            static pair => Assert.Equal(1 / (1 + Math.Exp(-pair.Second)), pair.First, 1e-6));
    }

    [Fact]
    public void Argmax_takes_the_first_of_equal_ones_and_leaves_nan_behind()
    {
        InferenceCall call = RunOne(
            "argmax", "FP32", "[-1, 3]", "", Floats([3, 3], [1, 5, 5, float.NaN, -1, -2, 0, 0, 0]));
        Assert.Equal([1L, 1, 0], call.Outputs[0].Values<long>().ToArray());
        Assert.Equal([3L], call.Outputs[0].Shape.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void Top_k_is_what_sorting_gives(int k)
    {
        float[] values = [.. GraphBench.Numbers(9, 40, 0, 10).Select(static one => MathF.Round(one))];
        using GraphSession session = GraphBench.Session(
            GraphBench.Json(
                GraphBench.Input("x", "FP32", "[-1, 40]"), "'i', 'v', 'l'",
                "{'name': 't', 'op': 'topK', 'inputs': ['x'], 'outputs': ['i', 'v', 'l'], 'k': "
                    + k.ToString(CultureInfo.InvariantCulture) + ", 'labels': 'labels.txt'}"),
            labels: [.. Enumerable.Range(0, 40).Select(static i => $"class {i}")]);
        InferenceCall call = GraphBench.Run(session, Floats([1, 40], values));
        int[] order = [.. Enumerable.Range(0, 40).OrderByDescending(i => values[i]).ThenBy(static i => i).Take(k)];
        Assert.Equal(order.Select(static i => (long)i), call.Outputs[0].Values<long>().ToArray());
        Assert.Equal(order.Select(i => values[i]), call.Outputs[1].Values<float>().ToArray());
        Assert.Equal($"class {order[^1]}", System.Text.Encoding.UTF8.GetString(call.Outputs[2].Text(k - 1)));
    }

    [Theory]
    [InlineData(1, 0.5f, 0.1f)]
    [InlineData(2, 0.3f, 0.5f)]
    [InlineData(3, 0.0f, 0.0f)]
    [InlineData(4, 0.9f, 0.7f)]
    public void Non_maximum_suppression_chooses_what_onnx_chooses(int seed, float overlap, float score)
    {
        const int Boxes = 60;
        const int Classes = 3;
        float[] boxes = GraphBench.Numbers(seed, Boxes * 4, 0, 100);
        float[] scores = GraphBench.Numbers(seed + 100, Boxes * Classes, 0, 1);
        (int Box, int Kind)[] expected = OnnxChoice(boxes, scores, Boxes, (overlap, score));
        using GraphSession session = GraphBench.Session(GraphBench.Json(
            GraphBench.Input("boxes", "FP32", "[1, -1, 4]") + ", " + GraphBench.Input("scores", "FP32", "[-1, 3]"),
            "'b', 's', 'c'",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{{'name': 'n', 'op': 'nonMaxSuppression', 'inputs': ['boxes', 'scores'], 'iouThreshold': {overlap}, ")
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"'scoreThreshold': {score}, 'maxDetections': 4096, 'outputs': ['b', 's', 'c']}}")));
        InferenceCall call = GraphBench.Run(session, Floats([1, Boxes, 4], boxes), Floats([Boxes, Classes], scores));
        (float, long)[] chosen = [.. call.Outputs[1].Values<float>().ToArray().Zip(
            call.Outputs[2].Values<long>().ToArray())];
        Assert.Equal(
            expected.Select(one => (scores[(one.Box * Classes) + one.Kind], (long)one.Kind))
                .OrderByDescending(static one => one.Item1),
            chosen);
        Assert.NotEmpty(chosen);
    }

    [Fact]
    public void Normalise_and_planes_lay_channels_behind_each_other()
    {
        using GraphSession session = GraphBench.Session(GraphBench.Json(
            GraphBench.Input("image", "UINT8", "[-1, -1, 3]"), "'y'",
            "{'name': 'o', 'op': 'reorderChannels', 'inputs': ['image'], 'outputs': ['bgr'], 'order': [2, 1, 0]}",
            "{'name': 'n', 'op': 'normalise', 'inputs': ['bgr'], 'outputs': ['f'], 'scale': 0.5, 'mean': [1, 2, 3], "
                + "'std': 2}",
            "{'name': 'p', 'op': 'toPlanes', 'inputs': ['f'], 'outputs': ['y']}"));
        Tensor image = Tensor.Of<byte>("image", TensorType.UInt8, [1, 2, 3], [10, 20, 30, 40, 50, 60]);
        InferenceCall call = GraphBench.Run(session, image);
        Assert.Equal([1L, 3, 1, 2], call.Outputs[0].Shape.ToArray());
        Assert.Equal([7, 14.5f, 4, 11.5f, 1, 8.5f], call.Outputs[0].Values<float>().ToArray());
    }

    [Fact]
    public void Transpose_is_what_onnx_gives_and_gather_takes_places()
    {
        float[] values = GraphBench.Numbers(3, 2 * 3 * 5, 0, 1);
        InferenceCall turned = RunOne(
            "transpose", "FP32", "[2, 3, 5]", ", 'perm': [2, 0, 1]", Floats([2, 3, 5], values));
        Assert.Equal([5L, 2, 3], turned.Outputs[0].Shape.ToArray());
        for (int i = 0; i < 30; i++)
        {
            (int a, int b, int c) = (i / 6, i / 3 % 2, i % 3);
            Assert.Equal(values[(b * 15) + (c * 5) + a], turned.Outputs[0].Values<float>()[i]);
        }

        InferenceCall taken = RunOne(
            "gather", "FP32", "[2, 3, 5]", ", 'axis': 1, 'indices': [2, 0]", Floats([2, 3, 5], values));
        Assert.Equal(
            [.. values[10..15], .. values[..5], .. values[25..], .. values[15..20]],
            taken.Outputs[0].Values<float>().ToArray());
        InferenceCall part = RunOne(
            "gather", "FP32", "[2, 3, 5]", ", 'axis': 2, 'start': 1, 'count': 2", Floats([2, 3, 5], values));
        Assert.Equal([2L, 3, 2], part.Outputs[0].Shape.ToArray());
        Assert.Equal([values[1], values[2], values[6], values[7]], part.Outputs[0].Values<float>()[..4].ToArray());
    }

    [Fact]
    public void Cast_saturates()
    {
        InferenceCall call = RunOne(
            "cast", "FP32", "[-1]", ", 'to': 'UINT8'", Floats([5], [-3, 2.9f, 300, float.NaN, 255]));
        Assert.Equal([0, 2, 255, 0, 255], call.Outputs[0].Bytes.ToArray());
    }

    [Fact]
    public void A_shape_that_comes_only_with_the_request_is_judged_then()
    {
        using GraphSession session = GraphBench.Session(GraphBench.Json(
            GraphBench.Input("x", "FP32", "[-1]"), "'y'",
            "{'name': 'r', 'op': 'reshape', 'inputs': ['x'], 'outputs': ['y'], 'shape': [2, -1]}"));
        InferenceCall call = GraphBench.Fill(session, Floats([5], [1, 2, 3, 4, 5]));
        Assert.Equal("KEDGE-INFER-053", session.Run(call)?.Code);
        Assert.Equal([2L, 3], GraphBench.Run(session, Floats([6], [1, 2, 3, 4, 5, 6])).Outputs[0].Shape.ToArray());
    }

    private static InferenceCall RunOne(string op, string type, string shape, string rest, Tensor input)
    {
        using GraphSession session = GraphBench.Session(GraphBench.Json(
            GraphBench.Input("x", type, shape), "'y'",
            $"{{'name': 's', 'op': '{op}', 'inputs': ['x'], 'outputs': ['y']{rest}}}"));
        return GraphBench.Run(session, input);
    }

    private static Tensor Floats(ReadOnlySpan<long> shape, float[] values) =>
        Tensor.Of<float>("x", TensorType.Float32, shape, values);

    private static (int Box, int Kind)[] OnnxChoice(
        float[] boxes, float[] scores, int count, (float Overlap, float Score) thresholds)
    {
        using OnnxSession reference = OnnxSession.FromBytes(
            OnnxWriter.Write(new OnnxGraphSpec
            {
                Name = "suppression",
                Inputs =
                [
                    OnnxValue.Tensor("boxes", OnnxElementType.Float, 1, count, 4),
                    OnnxValue.Tensor("scores", OnnxElementType.Float, 1, 3, count),
                ],
                Outputs = [OnnxValue.Tensor("chosen", OnnxElementType.Int64, -1, 3)],
                Initializers =
                [
                    OnnxTensor.Of("max", [1], [100L]),
                    OnnxTensor.Of("overlap", [1], [thresholds.Overlap]),
                    OnnxTensor.Of("score", [1], [thresholds.Score]),
                ],
                Nodes =
                [
                    new OnnxNodeSpec("NonMaxSuppression", ["boxes", "scores", "max", "overlap", "score"], ["chosen"]),
                ],
            }),
            new OnnxSessionOptions());
        float[] byClass = new float[scores.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            byClass[(i % 3 * count) + (i / 3)] = scores[i];
        }

        InferenceCall call = GraphBench.Run(
            reference, Floats([1, count, 4], boxes), Floats([1, 3, count], byClass));
        return [.. call.Outputs[0].Values<long>().ToArray().Chunk(3).Select(static one => ((int)one[2], (int)one[1]))];
    }
}
