using System.Buffers.Binary;
using System.Text;

namespace Kedge.Content.Tests.Support;

/// <summary>Parts of GGUF files, put together as a test wants them, rightly or wrongly.</summary>
internal static class GgufBytes
{
    public const uint UInt32 = 4;
    public const uint Bool = 7;
    public const uint Text = 8;
    public const uint List = 9;

    /// <summary>A good file: an architecture, a list of texts, one fp32 and one q4-k tensor.</summary>
    public static byte[] Good { get; } = File(
        [
            Entry("general.architecture", Text, String("llama")),
            Entry("tokenizer.ggml.tokens", List, ListOf(Text, String("é"), String("<s>"))),
            Entry("llama.rope", Bool, [1]),
        ],
        [Tensor("norm.weight", [3], 0, 0), Tensor("blk.0.weight", [256, 2], 12, 32)],
        dataBytes: 32 + (2 * 144));

    public static byte[] File(byte[][] entries, byte[][] tensors, int dataBytes, uint version = 3, int boundary = 32)
    {
        byte[] head =
        [
            .. "GGUF"u8, .. U32(version), .. U64((ulong)tensors.Length), .. U64((ulong)entries.Length),
            .. entries.SelectMany(static one => one), .. tensors.SelectMany(static one => one),
        ];
        int padding = (boundary - (head.Length % boundary)) % boundary;
        byte[] data = new byte[dataBytes];
        new Random(1).NextBytes(data);
        return [.. head, .. new byte[padding], .. data];
    }

    public static byte[] Entry(string key, uint type, byte[] value) => [.. String(key), .. U32(type), .. value];

    public static byte[] ListOf(uint type, params byte[][] values) =>
        [.. U32(type), .. U64((ulong)values.Length), .. values.SelectMany(static one => one)];

    public static byte[] Tensor(string name, ulong[] dims, uint type, ulong offset) =>
        [.. String(name), .. U32((uint)dims.Length), .. dims.SelectMany(U64), .. U32(type), .. U64(offset)];

    public static byte[] String(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return [.. U64((ulong)utf8.Length), .. utf8];
    }

    public static byte[] U32(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
