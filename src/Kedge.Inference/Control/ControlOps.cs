namespace Kedge.Inference.Control;

/// <summary>What a control line asks for: the words of <see cref="ControlRequest.Op"/>.</summary>
public static class ControlOps
{
    /// <summary>Asks for <see cref="ControlReply"/> with every field.</summary>
    public const string Status = "status";

    /// <summary>
    /// Asks for <see cref="ControlReply.Requests"/>, <see cref="ControlReply.Failures"/> and
    /// <see cref="ControlReply.Latency"/> as of one moment; the models are left out.
    /// </summary>
    public const string Figures = "figures";

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
