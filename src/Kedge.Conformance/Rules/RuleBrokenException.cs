namespace Kedge.Conformance.Rules;

/// <summary>
/// The server broke the rule that is being checked. An exception, so that a check reads as the sentence that it checks;
/// it never leaves <see cref="ConformanceRun"/>.
/// </summary>
/// <param name="message">What is wrong.</param>
internal sealed class RuleBrokenException(string message) : Exception(message);
