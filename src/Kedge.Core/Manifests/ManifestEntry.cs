namespace Kedge.Core.Manifests;

/// <summary>One field of a mapping.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Line">Line of the name, from 1; 0 when it was made by us.</param>
/// <param name="Value">Its value.</param>
public sealed record ManifestEntry(string Key, int Line, ManifestNode Value);
