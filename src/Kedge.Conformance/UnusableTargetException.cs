namespace Kedge.Conformance;

/// <summary>There is nothing to check: no server answers, or it has no model that could be asked.</summary>
/// <param name="message">What was tried, and what came of it.</param>
/// <param name="inner">What the system said; null for nothing.</param>
internal sealed class UnusableTargetException(string message, Exception? inner = null) : Exception(message, inner);
