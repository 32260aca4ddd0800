namespace Kedge.Agent.Http;

/// <summary>One request. Never compared.</summary>
internal sealed record HttpRequest
{
    /// <summary>Method.</summary>
    internal string Method { get; init; } = "GET";

    /// <summary>Path and query, as sent.</summary>
    internal required string Path { get; init; }

    /// <summary>Host header.</summary>
    internal required string Host { get; init; }

    /// <summary>Body; null for none.</summary>
    internal ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Type of the body.</summary>
    internal string ContentType { get; init; } = "application/json";

    /// <summary>First byte that is asked for; 0 for the whole.</summary>
    internal long RangeFrom { get; init; }

    /// <summary>Most bytes that are taken as answer.</summary>
    internal int BodyBytesMax { get; init; } = AgentLimits.AnswerBytesMax;
}
