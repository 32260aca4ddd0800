namespace Kedge.Inference.Control;

/// <summary>One loaded model in a reply.</summary>
/// <param name="Name">As in the configuration.</param>
/// <param name="Version">As in the configuration.</param>
/// <param name="Digest">Digest of its package, as in the configuration.</param>
public sealed record ControlModel(string Name, string Version, string Digest);
