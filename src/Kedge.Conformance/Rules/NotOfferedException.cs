namespace Kedge.Conformance.Rules;

/// <summary>
/// The rule does not apply: the server does not claim what it is about. It never leaves <see cref="ConformanceRun"/>.
/// </summary>
/// <param name="message">Why it does not apply.</param>
internal sealed class NotOfferedException(string message) : Exception(message);
