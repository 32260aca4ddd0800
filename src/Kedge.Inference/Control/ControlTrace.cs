using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>
/// One request that was traced: when it came, and how long each of its parts took. The parts follow each other without
/// a gap: accept, parse, queue, run, write.
/// </summary>
public sealed record ControlTrace
{
    /// <summary>Traces in one reply: with the longest names they fit a control line.</summary>
    public const int ReplyMax = 32;

    /// <summary>Its trace: 32 hexadecimal digits (W3C Trace Context).</summary>
    public required string Trace { get; init; }

    /// <summary>Its span: 16 hexadecimal digits.</summary>
    public required string Span { get; init; }

    /// <summary>The span of whoever asked; empty where it named none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Parent { get; set; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary><c>http</c> or <c>grpc</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>When its head was read, in nanoseconds since 1970 UTC.</summary>
    public long AtNs { get; set; }

    /// <summary>Until the whole body was here, in nanoseconds.</summary>
    public long AcceptNs { get; set; }

    /// <summary>Reading it into tensors, in nanoseconds.</summary>
    public long ParseNs { get; set; }

    /// <summary>Waiting to be computed, in nanoseconds.</summary>
    public long QueueNs { get; set; }

    /// <summary>Computing, in nanoseconds.</summary>
    public long RunNs { get; set; }

    /// <summary>Writing the answer, in nanoseconds.</summary>
    public long WriteNs { get; set; }

    /// <summary>The code of what went wrong; null for an answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; set; }
}
