using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>
/// A line of a client that hands shared memory over: with a descriptor to register it, or to take it back.
/// </summary>
public sealed record RegionRequest
{
    /// <summary>Name of the region to register, 1..128 of <c>A-Z a-z 0-9 . _ -</c>; null to register none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary>Its length, in bytes, 1 or more; the memory is at least as long.</summary>
    [JsonPropertyName("byte_size")]
    public long ByteSize { get; set; }

    /// <summary>Name of the region to take back; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Unregister { get; set; }

    /// <summary>The line, without its end mark.</summary>
    public byte[] ToLine() => ControlCodec.Checked(
        JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.RegionRequest));

    /// <summary>Reads a line; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out RegionRequest? request) =>
        ControlCodec.TryParse(line, ControlJson.Default.RegionRequest, out request);
}
