using Kedge.Content.Tests.Support;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Inference.TfLite;

namespace Kedge.Inference.Tests;

/// <summary>Models of TensorFlow Lite (schema.fbs) small enough to be written here.</summary>
internal static class TinyTfLite
{
    private const int Add = 0;
    private const int FullyConnected = 9;
    private const int Reshape = 22;
    private const int Sub = 41;

    /// <summary>Two int32 vectors of 16; their sum and their difference.</summary>
    public static byte[] AddSub { get; } = Model(
        [Add, Sub],
        [
            Open("INPUT0", TensorType.Int32, 16), Open("INPUT1", TensorType.Int32, 16),
            Open("OUTPUT0", TensorType.Int32, 16), Open("OUTPUT1", TensorType.Int32, 16),
        ],
        inputs: [0, 1],
        outputs: [2, 3],
        [Operator(0, [0, 1], [2]), Operator(1, [0, 1], [3])],
        []);

    /// <summary>y = x W + b: x of [1, 2], W of [[1, 2], [3, 4], [5, 6]], b of [10, 20, 30].</summary>
    public static byte[] Dense { get; } = Model(
        [FullyConnected],
        [
            Closed("x", TensorType.Float32, 0, 1, 2), Closed("W", TensorType.Float32, 1, 3, 2),
            Closed("b", TensorType.Float32, 2, 3), Closed("y", TensorType.Float32, 0, 1, 3),
        ],
        inputs: [0],
        outputs: [3],
        [Operator(0, [0, 1, 2], [3])],
        [Floats(1, 2, 3, 4, 5, 6), Floats(10, 20, 30)]);

    /// <summary>The sum of two vectors of 8-bit integers that stand for numbers: q = n / 0.5 + 3.</summary>
    public static byte[] QuantizedSum { get; } = Model(
        [Add],
        [
            Scaled("a", 0.5f, 3, 4), Scaled("b", 0.5f, 3, 4), Scaled("sum", 0.5f, 3, 4),
        ],
        inputs: [0, 1],
        outputs: [2],
        [Operator(0, [0, 1], [2])],
        []);

    /// <summary>Gives its input back: any type, any size of one dimension.</summary>
    public static byte[] Identity(TensorType type) => Model(
        [Reshape],
        [Open("x", type), Closed("shape", TensorType.Int32, 1, 1), Open("y", type)],
        inputs: [0],
        outputs: [2],
        [Operator(0, [0, 1], [2])],
        [BitConverter.GetBytes(-1)]);

    public static IInferenceSession NativeAddSub() =>
        TfLiteSession.FromBytes(AddSub, new TfLiteSessionOptions { Threads = 1 });

    public static IInferenceSession NativeIdentity(TensorType type) =>
        TfLiteSession.FromBytes(Identity(type), new TfLiteSessionOptions { Threads = 1 });

    private static byte[] Model(
        int[] codes,
        FlatTableSpec[] tensors,
        int[] inputs,
        int[] outputs,
        FlatTableSpec[] operators,
        byte[][] constants) => FlatBytes.Write("TFL3", new FlatTableSpec(
            (0, 3u),
            (1, (FlatTableSpec[])[.. codes.Select(static code => new FlatTableSpec((0, (byte)code), (3, code)))]),
            (2, (FlatTableSpec[])
            [
                new((0, tensors), (1, inputs), (2, outputs), (3, operators), (4, "main")),
            ]),
            (3, "tiny"),
            (4, (FlatTableSpec[])[new(), .. constants.Select(static bytes => new FlatTableSpec((0, bytes)))])));

    private static FlatTableSpec Operator(uint code, int[] inputs, int[] outputs) =>
        new((0, code), (1, inputs), (2, outputs));

    /// <summary>A tensor of any size in its first dimension.</summary>
    private static FlatTableSpec Open(string name, TensorType type, params int[] more) =>
        new(
            (0, (int[])[1, .. more]), (1, Number(type)), (2, 0u), (3, name),
            (7, (int[])[-1, .. more]));

    private static FlatTableSpec Closed(string name, TensorType type, uint buffer, params int[] shape) =>
        new((0, shape), (1, Number(type)), (2, buffer), (3, name));

    private static FlatTableSpec Scaled(string name, float scale, long zero, params int[] shape) =>
        new(
            (0, shape), (1, Number(TensorType.Int8)), (2, 0u), (3, name),
            (4, new FlatTableSpec((2, (float[])[scale]), (3, (long[])[zero]))));

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    /// <summary><c>TensorType</c> of schema.fbs.</summary>
    private static byte Number(TensorType type) => type switch
    {
        TensorType.Float32 => 0,
        TensorType.Float16 => 1,
        TensorType.Int32 => 2,
        TensorType.UInt8 => 3,
        TensorType.Int64 => 4,
        TensorType.Bytes => 5,
        TensorType.Bool => 6,
        TensorType.Int16 => 7,
        TensorType.Int8 => 9,
        TensorType.Float64 => 10,
        TensorType.UInt64 => 12,
        TensorType.UInt32 => 15,
        TensorType.UInt16 => 16,
        TensorType.BFloat16 => 18,
        TensorType.Unknown => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
