namespace Kedge.Inference.Tensors;

/// <summary>Names and sizes of element types.</summary>
public static class TensorTypes
{
    private static readonly string[] Names =
    [
        "", "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64",
        "FP16", "BF16", "FP32", "FP64", "BYTES",
    ];

    private static readonly byte[][] Utf8Names = [.. Names.Select(System.Text.Encoding.ASCII.GetBytes)];

    private static readonly byte[] Widths = [0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 0];

    /// <summary>Every type that the protocol can carry.</summary>
    public static IEnumerable<TensorType> All =>
        Enumerable.Range(1, Names.Length - 1).Select(static i => (TensorType)i);

    /// <summary>The protocol's word: <c>FP32</c>. Empty for <see cref="TensorType.Unknown"/>.</summary>
    public static string Name(TensorType type) => Names[(int)type];

    /// <summary>The same in UTF-8.</summary>
    public static ReadOnlySpan<byte> NameUtf8(TensorType type) => Utf8Names[(int)type];

    /// <summary>Bytes of one element; 0 for BYTES, whose elements differ.</summary>
    public static int ElementBytes(TensorType type) => Widths[(int)type];

    /// <summary>Reads the protocol's word; <see cref="TensorType.Unknown"/> when there is no such type.</summary>
    public static TensorType Parse(ReadOnlySpan<byte> utf8)
    {
        for (int i = 1; i < Names.Length; i++)
        {
            if (System.Text.Ascii.Equals(utf8, Names[i]))
            {
                return (TensorType)i;
            }
        }

        return TensorType.Unknown;
    }
}
