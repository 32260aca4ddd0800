using System.Globalization;
using System.Text;
using Kedge.Onnx;

namespace Kedge.Tests.Fleet;

/// <summary>
/// Versions of one small model that all pass their golden samples: <c>x</c> [-1, 4] float32 goes in, its largest place
/// comes out as <c>label</c> [-1] int64.
/// </summary>
public static class TrialModels
{
    private const int Width = 1024;
    private const int Layers = 12;

    /// <summary>Quick and right.</summary>
    public static byte[] Good => Write([], [new OnnxNodeSpec("Identity", ["x"], ["y"])]);

    /// <summary>Right, and a hundred times slower.</summary>
    public static byte[] Slow
    {
        get
        {
            List<OnnxNodeSpec> nodes = [new OnnxNodeSpec("MatMul", ["x", "wide"], ["h0"])];
            for (int layer = 0; layer < Layers; layer++)
            {
                nodes.Add(new OnnxNodeSpec("MatMul", [$"h{layer}", "mean"], [$"h{layer + 1}"]));
            }

            nodes.Add(new OnnxNodeSpec("MatMul", [$"h{Layers}", "nothing"], ["zeros"]));
            nodes.Add(new OnnxNodeSpec("Add", ["x", "zeros"], ["y"]));
            return Write(
                [
                    OnnxTensor.Of("wide", [4, Width], Filled(4 * Width, 0.5f)),
                    OnnxTensor.Of("mean", [Width, Width], Filled(Width * Width, 1f / Width)),
                    OnnxTensor.Of("nothing", [Width, 4], Filled(Width * 4, 0)),
                ],
                nodes);
        }
    }

    /// <summary>Right for small numbers; for one of eight and more the runtime refuses to answer.</summary>
    public static byte[] Narrow => Write(
        [OnnxTensor.Of("table", [8], Filled(8, 0))],
        [
            new OnnxNodeSpec("Cast", ["x"], ["places"])
            {
                Attributes = [new OnnxAttribute.Int("to", (int)OnnxElementType.Int64)],
            },
            new OnnxNodeSpec("Gather", ["table", "places"], ["zeros"]),
            new OnnxNodeSpec("Add", ["x", "zeros"], ["y"]),
        ]);

    /// <summary>
    /// Right for small numbers; for those of nine and more another place comes out, without an error.
    /// </summary>
    public static byte[] Wrong => Write(
        [OnnxTensor.Of("turn", [1], [8.5f])],
        [new OnnxNodeSpec("Sub", ["turn", "x"], ["rest"]), new OnnxNodeSpec("Mul", ["x", "rest"], ["y"])]);

    /// <summary>Right for small numbers; one of six and more it takes for nothing, and answers 0.</summary>
    public static byte[] Forgetful => Write(
        [OnnxTensor.Of("six", [1], [6f])],
        [
            new OnnxNodeSpec("Sub", ["six", "x"], ["room"]),
            new OnnxNodeSpec("Relu", ["room"], ["left"]),
            new OnnxNodeSpec("Mul", ["x", "left"], ["y"]),
        ]);

    /// <summary>A thousand samples spread as <see cref="Signals"/> are, with right answers, as a golden file.</summary>
    public static string Reference
    {
        get
        {
            IEnumerable<string> samples = Enumerable.Range(0, 1000).Select(static i =>
            {
                int[] numbers = new int[4];
                numbers[i % 4] = i % 8 < 4 ? 3 : 9;
                return $$"""
                    {"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[{{string.Join(',', numbers)}}]}],
                    "outputs":[{"name":"label","datatype":"INT64","shape":[1],"data":[{{i % 4}}]}]}
                    """;
            });
            return $$"""
                {"schema":1,"minimumAgreement":1,"relativeTolerance":0.001,"absoluteTolerance":0.00001,
                "samples":[{{string.Join(',', samples)}}]}
                """;
        }
    }

    /// <summary>
    /// Right for small numbers; for one of nine it takes 600 MB, so that its process is killed where less is allowed.
    /// </summary>
    public static byte[] Deadly => Write(
        [
            OnnxTensor.Of("one", [1], [1L]),
            OnnxTensor.Of("eight", [1], [8L]),
            OnnxTensor.Of("none", [1], [0L]),
            OnnxTensor.Of("much", [1], [150_000_000L]),
        ],
        [
            new OnnxNodeSpec("Cast", ["x"], ["places"])
            {
                Attributes = [new OnnxAttribute.Int("to", (int)OnnxElementType.Int64)],
            },
            new OnnxNodeSpec("ReduceMax", ["places"], ["top"])
            {
                Attributes = [new OnnxAttribute.Int("keepdims", 0)],
            },
            new OnnxNodeSpec("Reshape", ["top", "one"], ["top1"]),
            new OnnxNodeSpec("Sub", ["top1", "eight"], ["above"]),
            new OnnxNodeSpec("Max", ["above", "none"], ["over"]),
            new OnnxNodeSpec("Mul", ["over", "much"], ["size"]),
            new OnnxNodeSpec("ConstantOfShape", ["size"], ["heap"]),
            new OnnxNodeSpec("ReduceSum", ["heap"], ["zero"])
            {
                Attributes = [new OnnxAttribute.Int("keepdims", 0)],
            },
            new OnnxNodeSpec("Add", ["x", "zero"], ["y"]),
        ]);

    /// <summary>Ten requests; the tenth has a number of nine.</summary>
    public static IReadOnlyList<Signal> TenthIsNine =>
        [.. Enumerable.Range(1, 10).Select(static i => Of(i, i == 10 ? 9 : 3))];

    /// <summary>Requests of which every other one has a number of nine.</summary>
    public static IReadOnlyList<Signal> Signals =>
    [
        .. Enumerable.Range(0, 8).Select(static i => Of(i, i < 4 ? 3 : 9)),
    ];

    private static Signal Of(int index, float number)
    {
        float[] numbers = new float[4];
        numbers[index % 4] = number;
        string data = string.Join(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)));
        return new Signal(
            Encoding.UTF8.GetBytes(
                $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[{{data}}]}]}"""),
            index % 4);
    }

    private static byte[] Write(IEnumerable<OnnxTensor> constants, IEnumerable<OnnxNodeSpec> nodes) =>
        OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "trial",
            Producer = "kedge tests",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 4)],
            Outputs = [OnnxValue.Tensor("label", OnnxElementType.Int64, -1)],
            Initializers = [.. constants],
            Nodes =
            [
                .. nodes,
                new OnnxNodeSpec("ArgMax", ["y"], ["label"])
                {
                    Attributes = [new OnnxAttribute.Int("axis", 1), new OnnxAttribute.Int("keepdims", 0)],
                },
            ],
        });

    private static float[] Filled(int count, float value)
    {
        float[] values = new float[count];
        Array.Fill(values, value);
        return values;
    }
}
