namespace Kedge.Content.Tests.Support;

/// <summary>Small TensorFlow Lite models, each part replaceable.</summary>
internal static class TfLiteBytes
{
    public const int FullyConnected = 9;
    public const byte Float32 = 0;
    public const byte Text = 5;
    public const byte Int8 = 9;

    /// <summary>y = x W + b, x of [-1, 4], y of [-1, 3]; W quantised by channel, b in floats.</summary>
    public static byte[] Good { get; } = Model();

    public static byte[] Model(
        FlatTableSpec[]? codes = null,
        FlatTableSpec[]? graphs = null,
        FlatTableSpec[]? buffers = null,
        params (int Slot, object Value)[] more) => FlatBytes.Write("TFL3", new FlatTableSpec(
        [
            (0, 3u),
            (1, codes ?? [Code(FullyConnected)]),
            (2, graphs ?? [Graph()]),
            (3, "dense"),
            (4, buffers ?? [Buffer(), Buffer([.. Enumerable.Range(0, 12).Select(static n => (byte)n)]),
                Buffer(new byte[12])]),
            (6, new FlatTableSpec[] { new((0, "min_runtime_version"), (1, 0u)) }),
            .. more,
        ]));

    public static FlatTableSpec Code(int code, string custom = "") => new(
        [(0, (byte)Math.Min(code, 127)), (3, code), .. Custom(custom)]);

    private static IEnumerable<(int Slot, object Value)> Custom(string custom) =>
        custom.Length > 0 ? [(1, custom)] : [];

    public static FlatTableSpec Buffer(params byte[] content) => content.Length == 0 ? new() : new((0, content));

    public static FlatTableSpec Graph(
        FlatTableSpec[]? tensors = null, FlatTableSpec[]? operators = null, int[]? inputs = null, int[]? outputs = null)
        => new(
            (0, tensors ?? Tensors()),
            (1, inputs ?? [0]),
            (2, outputs ?? [3]),
            (3, operators ?? [Operator(0, [0, 1, 2], [3])]),
            (4, "main"));

    public static FlatTableSpec[] Tensors() =>
    [
        Tensor("x", Float32, [1, 4], 0, (7, new[] { -1, 4 })),
        Tensor("W", Int8, [3, 4], 1, (4, Scales([0.1f, 0.2f, 0.3f], axis: 0))),
        Tensor("b", Float32, [3], 2),
        Tensor("y", Float32, [1, 3], 0, (7, new[] { -1, 3 })),
    ];

    public static FlatTableSpec Scales(float[] scales, int axis) =>
        new((2, scales), (3, new long[scales.Length]), (6, axis));

    public static FlatTableSpec Tensor(
        string name, byte type, int[] shape, uint buffer, params (int Slot, object Value)[] more) =>
        new([(0, shape), (1, type), (2, buffer), (3, name), .. more]);

    public static FlatTableSpec Operator(
        uint code, int[] inputs, int[] outputs, params (int Slot, object Value)[] more) =>
        new([(0, code), (1, inputs), (2, outputs), .. more]);
}
