using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Onnx;
using Kedge.Onnx.Rewriting;

namespace Kedge.Content.Tests.Onnx.Rewriting;

public sealed class HalfWeightsTests
{
    private const int Rows = 48;
    private const int Columns = 40;

    [Theory]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(17)]
    [InlineData(21)]
    public void Weights_take_half_the_room_and_stay_within_half_a_unit_of_the_last_place(int opset)
    {
        float[] weights = Runtime.Numbers(new Random(opset), Rows * Columns);
        byte[] model = Model(weights, opset);
        RewriteOutcome.Rewritten rewritten = Assert.IsType<RewriteOutcome.Rewritten>(HalfWeights.Rewrite(model));
        Assert.InRange(rewritten.File.Length, 0, (model.Length / 2) + 400);
        Assert.Equal(new WeightReport("W", WeightTreatment.StoredHalf, weights.Length, ""), rewritten.Weights.Single());
        GateOutcome.Accepted accepted =
            Assert.IsType<GateOutcome.Accepted>(ModelGate.Inspect("m.onnx", rewritten.File));
        Assert.Equal("fp16", accepted.Precision);

        // The weight is an output as well: its old name still gives it, and shows how far each element moved.
        float[] x = Runtime.Numbers(new Random(5), 3 * Rows);
        Dictionary<string, float[]> before = Runtime.Run(model, ([3, Rows], x));
        Dictionary<string, float[]> after = Runtime.Run(rewritten.File, ([3, Rows], x));
        for (int index = 0; index < weights.Length; index++)
        {
            double most = Math.Pow(2, -11) * Math.Max(Math.Abs(weights[index]), Math.Pow(2, -14));
            Assert.InRange(Math.Abs(after["W"][index] - weights[index]), 0, most);
        }

        // A sum of products moves by at most the sum of what each weight may move.
        double bound = x.Max(Math.Abs) * weights.Max(Math.Abs) * Rows * Math.Pow(2, -11);
        EditableModelTests.Near(before["y"], after["y"], bound + 1e-5);
    }

    [Theory]
    [InlineData(65_504f, WeightTreatment.StoredHalf)]
    [InlineData(65_505f, WeightTreatment.Kept)]
    [InlineData(float.PositiveInfinity, WeightTreatment.Kept)]
    [InlineData(float.NaN, WeightTreatment.Kept)]
    public void Weights_beyond_the_largest_16_bit_number_stay_as_they_are(float largest, WeightTreatment treatment)
    {
        float[] weights = Runtime.Numbers(new Random(1), Rows * Columns);
        weights[7] = -largest;
        RewriteOutcome outcome = HalfWeights.Rewrite(Model(weights, 17));
        Assert.Equal(treatment == WeightTreatment.StoredHalf, outcome is RewriteOutcome.Rewritten);
    }

    [Fact]
    public void Weights_below_the_normal_16_bit_numbers_stay_as_they_are()
    {
        float[] weights = Runtime.Numbers(new Random(1), Rows * Columns, scale: 1e-6);
        RewriteOutcome.Refused refused =
            Assert.IsType<RewriteOutcome.Refused>(HalfWeights.Rewrite(Model(weights, 17)));
        Assert.Contains("too small", refused.Finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_models_and_damaged_ones_are_refused_with_the_reason()
    {
        RewriteOutcome.Refused small = Assert.IsType<RewriteOutcome.Refused>(
            HalfWeights.Rewrite(SampleModels.Bytes(SampleModels.Classifier)));
        Assert.Equal("KEDGE-ONNX-017", small.Finding.Code);
        RewriteOutcome.Refused damaged = Assert.IsType<RewriteOutcome.Refused>(
            HalfWeights.Rewrite(SampleModels.Bytes(SampleModels.Classifier)[..^40]));
        Assert.Equal("KEDGE-ONNX-001", damaged.Finding.Code);
    }

    [Fact]
    public void Graphs_within_the_graph_take_the_weight_by_its_old_name()
    {
        float[] weights = Runtime.Numbers(new Random(1), Rows * Columns);
        OnnxGraphSpec Branch(string name, string operation) => new()
        {
            Name = name,
            Inputs = [],
            Outputs = [OnnxValue.Tensor(name + "_out", OnnxElementType.Float, -1, Columns)],
            Nodes =
            [
                new OnnxNodeSpec("MatMul", ["x", "W"], [name + "_product"]),
                new OnnxNodeSpec(operation, [name + "_product"], [name + "_out"]),
            ],
        };
        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "branches",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, Rows)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, Columns)],
            Initializers =
            [
                OnnxTensor.Of("W", [Rows, Columns], weights), OnnxTensor.Of("zero", [], [0f]),
                OnnxTensor.Of("axes", [2], [0L, 1]),
            ],
            Nodes =
            [
                new OnnxNodeSpec("ReduceMax", ["x"], ["most"]) { Attributes = [new OnnxAttribute.Int("keepdims", 0)] },
                new OnnxNodeSpec("Greater", ["most", "zero"], ["positive"]),
                new OnnxNodeSpec("If", ["positive"], ["y"])
                {
                    Attributes =
                    [
                        new OnnxAttribute.Graph("then_branch", Branch("then", "Relu")),
                        new OnnxAttribute.Graph("else_branch", Branch("else", "Neg")),
                    ],
                },
            ],
        });
        byte[] half = Assert.IsType<RewriteOutcome.Rewritten>(HalfWeights.Rewrite(model)).File;
        foreach (float sign in new[] { 1f, -1f })
        {
            float[] x = [.. Runtime.Numbers(new Random(5), Rows).Select(value => sign * Math.Abs(value))];
            EditableModelTests.Near(
                Runtime.Run(model, ([1, Rows], x))["y"], Runtime.Run(half, ([1, Rows], x))["y"], 0.05);
        }

        // What is computed in 8 bits could not be seen from there, and no product outside takes it.
        RewriteOutcome.Refused refused = Assert.IsType<RewriteOutcome.Refused>(QuantizedWeights.Rewrite(model));
        Assert.Contains("no matrix product", refused.Finding.Message, StringComparison.Ordinal);
    }

    private static byte[] Model(float[] weights, int opset) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "product",
        IrVersion = opset >= 21 ? 10 : 8,
        Opsets = [new OnnxOpset("", opset)],
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, Rows)],
        Outputs =
        [
            OnnxValue.Tensor("y", OnnxElementType.Float, -1, Columns),
            OnnxValue.Tensor("W", OnnxElementType.Float, Rows, Columns),
        ],
        Initializers = [OnnxTensor.Of("W", [Rows, Columns], weights)],
        Nodes = [new OnnxNodeSpec("MatMul", ["x", "W"], ["y"])],
    });
}
