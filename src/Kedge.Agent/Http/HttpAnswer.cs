namespace Kedge.Agent.Http;

/// <summary>The answer to one request. Never compared.</summary>
/// <param name="Status">200..599.</param>
/// <param name="Body">The body, or what came of it before the connection broke; empty when a
/// sink took it.</param>
/// <param name="IsWhole">False when the connection broke before the end of the body.</param>
/// <param name="RetryAfter">What the header of that name asks for; zero when it is not there.</param>
internal sealed record HttpAnswer(int Status, ReadOnlyMemory<byte> Body, bool IsWhole, TimeSpan RetryAfter)
{
    /// <summary>True when a sink wanted no more of the body.</summary>
    internal bool IsStopped { get; init; }
}
