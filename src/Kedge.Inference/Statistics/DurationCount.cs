namespace Kedge.Inference.Statistics;

/// <summary>How often something happened, and how long it took in all.</summary>
/// <param name="Count">Times that it happened.</param>
/// <param name="Nanoseconds">Time of all of them together.</param>
public readonly record struct DurationCount(long Count, long Nanoseconds);
