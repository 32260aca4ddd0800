using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>The line that answers a <see cref="ControlRequest"/>.</summary>
public sealed record ControlReply
{
    /// <summary>True when what was asked was done.</summary>
    public required bool Ok { get; init; }

    /// <summary>Why not, with its code; for a failed server why it failed. Empty otherwise.</summary>
    public string Error { get; set; } = "";

    /// <summary>From the configuration: tells an agent that this is the process that it started.</summary>
    public string Nonce { get; set; } = "";

    /// <summary>Its process id in its own pid namespace.</summary>
    public int Pid { get; set; }

    /// <summary>One of <see cref="ServeStates"/>.</summary>
    public string State { get; set; } = "";

    /// <summary>What is loaded.</summary>
    public ImmutableArray<ControlModel> Models { get; set; } = [];

    /// <summary>Version of the program.</summary>
    public string ProgramVersion { get; set; } = "";

    /// <summary>Inference requests answered since the start, on every socket.</summary>
    public long Requests { get; set; }

    /// <summary>Those of them that were answered with an error.</summary>
    public long Failures { get; set; }

    /// <summary>
    /// Times of the requests that were answered well, since the start, as <c>LatencySketch</c> writes them; null but
    /// in the answer to <see cref="ControlOps.Figures"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Latency { get; set; }

    /// <summary>What was compared; null but in the answer to <see cref="ControlOps.Shadow"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlShadow? Shadow { get; set; }

    /// <summary>
    /// Values of some of the requests since the start, as <c>ValueTally</c> writes them; null but in the answer to
    /// <see cref="ControlOps.Figures"/> of a server that counts them.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Values { get; set; }

    /// <summary>Traces of requests; null but in the answer to <see cref="ControlOps.Spans"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlTrace[]? Traces { get; set; }

    /// <summary>
    /// Traces that were overwritten since the start because nobody asked for them; 0 but in the answer to
    /// <see cref="ControlOps.Spans"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long TracesDropped { get; set; }

    /// <summary>Open connections on the public socket.</summary>
    public int OpenConnections { get; set; }

    /// <summary>The line, without its end mark.</summary>
    public byte[] ToLine() => ControlCodec.Checked(
        JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ControlReply));

    /// <summary>Reads a line; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out ControlReply? reply) =>
        ControlCodec.TryParse(line, ControlJson.Default.ControlReply, out reply);
}
