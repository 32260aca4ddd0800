namespace Kedge.Inference.Protocol;

/// <summary>One version of a model in the index of Triton's model repository extension.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Its version; empty while none is loaded.</param>
/// <param name="State"><c>READY</c>, <c>LOADING</c>, <c>UNLOADING</c> or <c>UNAVAILABLE</c>.</param>
/// <param name="Reason">Why it is in this state; empty where there is nothing to say.</param>
public sealed record RepositoryEntry(string Name, string Version, string State, string Reason = "");
