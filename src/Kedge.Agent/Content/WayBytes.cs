namespace Kedge.Agent.Content;

/// <summary>
/// How much content came by one way. Not a structure: native code has queries once for each of those.
/// </summary>
/// <param name="Way">The way.</param>
/// <param name="Bytes">Bytes since the start.</param>
public sealed record WayBytes(string Way, long Bytes);
