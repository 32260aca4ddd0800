using System.Text;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>An ONNX model y = x + w of four numbers whose w lies in another file, written field by field
/// (onnx.proto3): our own writer keeps weights in the model.</summary>
internal static class ExternalAdder
{
    /// <summary>The other file.</summary>
    public static byte[] Weights { get; } =
        [.. new float[] { 1, 2, 3, 4 }.SelectMany(static value => BitConverter.GetBytes(value))];

    public static byte[] Bytes(string location)
    {
        byte[] node = Message(0x0A, [.. Text(0x0A, "x"), .. Text(0x0A, "w"), .. Text(0x12, "y"), .. Text(0x22, "Add")]);
        byte[] place = Message(0x6A, [.. Text(0x0A, "location"), .. Text(0x12, location)]);
        byte[] weights = Message(0x2A, [0x08, 4, 0x10, 1, .. Text(0x42, "w"), .. place, 0x70, 1]);
        byte[] graph =
            [.. node, .. Text(0x12, "g"), .. weights, .. Message(0x5A, Value("x")), .. Message(0x62, Value("y"))];
        return [0x08, 8, .. Message(0x3A, graph), .. Message(0x42, [0x0A, 0, 0x10, 17])];
    }

    private static byte[] Value(string name)
    {
        byte[] shape = Message(0x12, Message(0x0A, [0x08, 4]));
        return [.. Text(0x0A, name), .. Message(0x12, Message(0x0A, [0x08, 1, .. shape]))];
    }

    private static byte[] Text(byte key, string text) => Message(key, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(byte key, byte[] content) => content.Length < 0x80
        ? [key, (byte)content.Length, .. content]
        : [key, (byte)(content.Length | 0x80), (byte)(content.Length >> 7), .. content];
}
