using System.Buffers;
using System.Text.Json;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Regions;

/// <summary>Writes the state of shared memory as Triton's extension has it.</summary>
public static class RegionStatusWriter
{
    /// <summary>A list of regions; what the key names is ours by descriptor, so the key is the name.</summary>
    public static byte[] Write(IEnumerable<SharedRegion> regions)
    {
        ArrayBufferWriter<byte> output = new();
        using Utf8JsonWriter writer = new(
            output, new JsonWriterOptions { Encoder = InferenceResponseWriter.RelaxedText });
        writer.WriteStartArray();
        foreach (SharedRegion region in regions)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, region.Name);
            writer.WriteString("key"u8, region.Name);
            writer.WriteNumber("offset"u8, 0);
            writer.WriteNumber("byte_size"u8, region.Memory.Length);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
