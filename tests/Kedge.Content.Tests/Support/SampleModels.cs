using Kedge.Onnx;

namespace Kedge.Content.Tests.Support;

/// <summary>Small models made by our own writer.</summary>
internal static class SampleModels
{
    /// <summary>y = softmax(x W + b), x of [-1, 4], with the label beside it.</summary>
    public static OnnxGraphSpec Classifier { get; } = new()
    {
        Name = "classifier",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 4)],
        Outputs =
        [
            OnnxValue.Tensor("y", OnnxElementType.Float, -1, 3),
            OnnxValue.Tensor("label", OnnxElementType.Int64, -1),
        ],
        Initializers =
        [
            OnnxTensor.Of("W", [4, 3], [.. Enumerable.Range(0, 12).Select(static index => index / 12f)]),
            OnnxTensor.Of("b", [3], [0.1f, -0.1f, 0.5f]),
        ],
        Nodes =
        [
            new OnnxNodeSpec("Gemm", ["x", "W", "b"], ["logits"])
            {
                Attributes = [new OnnxAttribute.Float("alpha", 1f), new OnnxAttribute.Int("transB", 0)],
            },
            new OnnxNodeSpec("Softmax", ["logits"], ["y"]) { Attributes = [new OnnxAttribute.Int("axis", -1)] },
            new OnnxNodeSpec("ArgMax", ["logits"], ["label"])
            {
                Attributes = [new OnnxAttribute.Int("axis", 1), new OnnxAttribute.Int("keepdims", 0)],
            },
        ],
    };

    /// <summary>A model with every kind of attribute and a graph within a graph.</summary>
    public static OnnxGraphSpec Nested { get; } = new()
    {
        Name = "nested",
        Inputs = [OnnxValue.Tensor("c", OnnxElementType.Bool)],
        Outputs = [OnnxValue.Tensor("out", OnnxElementType.Float, 2)],
        Nodes =
        [
            new OnnxNodeSpec("If", ["c"], ["out"])
            {
                Attributes =
                [
                    new OnnxAttribute.Graph("then_branch", Branch("then", 1f)),
                    new OnnxAttribute.Graph("else_branch", Branch("else", 2f)),
                    new OnnxAttribute.Ints("ints", 1, -2, 3),
                    new OnnxAttribute.Floats("floats", 1f, 2f),
                    new OnnxAttribute.Text("text", "é"),
                ],
            },
        ],
    };

    public static byte[] Bytes(OnnxGraphSpec spec) => OnnxWriter.Write(spec);

    private static OnnxGraphSpec Branch(string name, float value) => new()
    {
        Name = name,
        Inputs = [],
        Outputs = [OnnxValue.Tensor(name + "_out", OnnxElementType.Float, 2)],
        Nodes =
        [
            new OnnxNodeSpec("Constant", [], [name + "_out"])
            {
                Attributes = [new OnnxAttribute.Tensor("value", OnnxTensor.Of("", [2], [value, value]))],
            },
        ],
    };
}
