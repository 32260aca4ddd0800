namespace Kedge.Inference.Control;

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
