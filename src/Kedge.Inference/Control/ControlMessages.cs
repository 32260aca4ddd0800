using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Kedge.Inference.Control;

/// <summary>What a control line asks for: the words of <see cref="ControlRequest.Op"/>.</summary>
public static class ControlOps
{
    /// <summary>Asks for <see cref="ControlReply"/> with every field.</summary>
    public const string Status = "status";

    /// <summary>Carries a listening socket: accept on it.</summary>
    public const string Listen = "listen";

    /// <summary>Asks for a copy of the listening socket.</summary>
    public const string Listener = "listener";

    /// <summary>Stop accepting, end every connection politely, exit 0.</summary>
    public const string Drain = "drain";

    /// <summary>Take a drain back: accept again.</summary>
    public const string Resume = "resume";

    /// <summary>Exit 0 at once.</summary>
    public const string Stop = "stop";
}

/// <summary>The words of <see cref="ControlReply.State"/>.</summary>
public static class ServeStates
{
    /// <summary>Models are being loaded.</summary>
    public const string Loading = "loading";

    /// <summary>Answers on its own Unix socket; has no public socket yet.</summary>
    public const string Ready = "ready";

    /// <summary>Accepts on the public socket.</summary>
    public const string Serving = "serving";

    /// <summary>Accepts no more; ends when the last public connection does, or at the deadline.</summary>
    public const string Draining = "draining";

    /// <summary>
    /// A model could not be loaded; <see cref="ControlReply.Error"/> says why. It exits by itself soon.
    /// </summary>
    public const string Failed = "failed";
}

/// <summary>One line from the agent to a model server.</summary>
public sealed record ControlRequest
{
    /// <summary>One of <see cref="ControlOps"/>.</summary>
    public required string Op { get; init; }

    /// <summary>For <c>drain</c>: milliseconds until connections that are still open are cut.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>The line, without its end mark.</summary>
    public byte[] ToLine() => ControlCodec.Checked(
        JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ControlRequest));

    /// <summary>Reads a line; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out ControlRequest? request) =>
        ControlCodec.TryParse(line, ControlJson.Default.ControlRequest, out request);
}

/// <summary>One loaded model in a reply.</summary>
/// <param name="Name">As in the configuration.</param>
/// <param name="Version">As in the configuration.</param>
/// <param name="Digest">Digest of its package, as in the configuration.</param>
public sealed record ControlModel(string Name, string Version, string Digest);

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

    /// <summary>Open connections on the public socket.</summary>
    public int OpenConnections { get; set; }

    /// <summary>The line, without its end mark.</summary>
    public byte[] ToLine() => ControlCodec.Checked(
        JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ControlReply));

    /// <summary>Reads a line; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out ControlReply? reply) =>
        ControlCodec.TryParse(line, ControlJson.Default.ControlReply, out reply);
}
