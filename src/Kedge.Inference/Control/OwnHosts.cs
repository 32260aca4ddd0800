namespace Kedge.Inference.Control;

/// <summary>
/// Names in the Host header of requests over a model server's own socket: they say what a request is for.
/// </summary>
public static class OwnHosts
{
    /// <summary>Golden samples before it serves.</summary>
    public const string Preflight = "preflight";

    /// <summary>Asks whether it still answers: counts in no figures.</summary>
    public const string Probe = "probe";
}
