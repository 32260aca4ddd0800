namespace Kedge.Core;

/// <summary>A bug of ours was met. In a loop it ends the process, in a request it ends the request.</summary>
/// <param name="message">Which invariant was broken.</param>
public sealed class InvariantException(string message) : Exception(message);
