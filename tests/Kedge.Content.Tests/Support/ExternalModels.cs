using System.Text;

namespace Kedge.Content.Tests.Support;

/// <summary>ONNX models with weights in other files, written field by field (onnx.proto3).</summary>
internal static class ExternalModels
{
    /// <summary>A model whose initializers are those tensors; its one output is the first of them.</summary>
    public static byte[] Of(params byte[][] tensors)
    {
        byte[] output = Message(0x62, [.. Text(0x0A, "t0"), .. Message(0x12, Message(0x0A, [0x08, 1]))]);
        byte[] graph = [.. tensors.SelectMany(static tensor => Message(0x2A, tensor)), .. output];
        return [0x08, 8, .. Message(0x3A, graph), .. Message(0x42, [0x0A, 0, 0x10, 17])];
    }

    /// <summary>A FLOAT tensor of one axis with its entries of <c>external_data</c>.</summary>
    public static byte[] Tensor(string name, int elements, params (string Key, string Value)[] entries) =>
    [
        0x08, (byte)elements, 0x10, 1, .. Text(0x42, name),
        .. entries.SelectMany(static entry => Message(0x6A, [.. Text(0x0A, entry.Key), .. Text(0x12, entry.Value)])),
        0x70, 1,
    ];

    public static byte[] Text(byte key, string text) => Message(key, Encoding.UTF8.GetBytes(text));

    public static byte[] Message(byte key, byte[] content)
    {
        List<byte> bytes = [key];
        for (uint rest = (uint)content.Length; ; rest >>= 7)
        {
            bytes.Add((byte)(rest < 0x80 ? rest : (rest & 0x7F) | 0x80));
            if (rest < 0x80)
            {
                return [.. bytes, .. content];
            }
        }
    }
}
