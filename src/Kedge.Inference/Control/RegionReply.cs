using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>The line that answers a <see cref="RegionRequest"/>.</summary>
public sealed record RegionReply
{
    /// <summary>True when it was done.</summary>
    public required bool Ok { get; init; }

    /// <summary>Why not, with its code; null when it was done.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; set; }

    /// <summary>The line, without its end mark.</summary>
    public byte[] ToLine() => ControlCodec.Checked(
        JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.RegionReply));

    /// <summary>Reads a line; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out RegionReply? reply) =>
        ControlCodec.TryParse(line, ControlJson.Default.RegionReply, out reply);
}
