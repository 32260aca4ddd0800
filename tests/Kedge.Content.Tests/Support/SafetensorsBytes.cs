using System.Text;

namespace Kedge.Content.Tests.Support;

/// <summary>safetensors files with any header.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A good file: two tensors, written in the other order than they lie, and metadata.</summary>
    public static byte[] Good { get; } = File(
        """
        {"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]},
        "a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}
        """,
        28);

    public static byte[] File(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] padded = [.. json, .. Enumerable.Repeat((byte)' ', (8 - (json.Length % 8)) % 8)];
        byte[] data = new byte[dataBytes];
        new Random(1).NextBytes(data);
        return [.. GgufBytes.U64((ulong)padded.Length), .. padded, .. data];
    }
}
