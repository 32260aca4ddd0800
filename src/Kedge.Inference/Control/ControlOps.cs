namespace Kedge.Inference.Control;

/// <summary>What a control line asks for: the words of <see cref="ControlRequest.Op"/>.</summary>
public static class ControlOps
{
    /// <summary>Asks for <see cref="ControlReply"/> with every field.</summary>
    public const string Status = "status";

    /// <summary>
    /// Asks for <see cref="ControlReply.Requests"/>, <see cref="ControlReply.Failures"/>,
    /// <see cref="ControlReply.Latency"/> and <see cref="ControlReply.Values"/> as of one moment; the models are left
    /// out.
    /// </summary>
    public const string Figures = "figures";

    /// <summary>Carries a listening socket: accept on it.</summary>
    public const string Listen = "listen";

    /// <summary>Asks for a copy of the listening socket.</summary>
    public const string Listener = "listener";

    /// <summary>Stop accepting, end every connection politely, exit 0.</summary>
    public const string Drain = "drain";

    /// <summary>
    /// Stop accepting, end every connection politely, let go of the listening socket and stay, ready for the next
    /// <see cref="Listen"/>.
    /// </summary>
    public const string Park = "park";

    /// <summary>Take a drain back: accept again.</summary>
    public const string Resume = "resume";

    /// <summary>
    /// With a connection to another model server: send it copies of live requests and compare its answers. Without one:
    /// only say what was compared. Ends by itself when nobody asks any more.
    /// </summary>
    public const string Shadow = "shadow";

    /// <summary>End what <see cref="Shadow"/> began for the same <see cref="ControlRequest.Shadow"/>.</summary>
    public const string Unshadow = "unshadow";

    /// <summary>
    /// Asks for <see cref="ControlReply.Traces"/>: the oldest that nobody was given,
    /// <see cref="ControlTrace.ReplyMax"/>
    /// at most. They are gone from the server then.
    /// </summary>
    public const string Spans = "spans";

    /// <summary>Exit 0 at once.</summary>
    public const string Stop = "stop";
}
