using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>One line from the agent to a model server.</summary>
public sealed record ControlRequest
{
    /// <summary>One of <see cref="ControlOps"/>.</summary>
    public required string Op { get; init; }

    /// <summary>For <c>drain</c> and <c>park</c>: milliseconds until connections that are still open are cut.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>For <c>shadow</c> and <c>unshadow</c>: for whom, 1..128 characters; null for everything else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Shadow { get; set; }

    /// <summary>For <c>shadow</c>: requests that are copied, in a million.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int SharePpm { get; set; }

    /// <summary>For <c>shadow</c>: how far floating-point values may be apart, in millionths.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int TolerancePpm { get; set; }

    /// <summary>The line, without its end mark.</summary>
    public byte[] ToLine() => ControlCodec.Checked(
        JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ControlRequest));

    /// <summary>Reads a line; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out ControlRequest? request) =>
        ControlCodec.TryParse(line, ControlJson.Default.ControlRequest, out request);
}
