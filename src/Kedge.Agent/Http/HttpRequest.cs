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

    /// <summary>One behind the last byte that is asked for; 0 for the end.</summary>
    internal long RangeTo { get; init; }

    /// <summary>Range only of the representation with this entity tag; empty for any.</summary>
    internal string IfRange { get; init; } = "";

    /// <summary>Content codings that are understood; empty for none.</summary>
    internal string AcceptEncoding { get; init; } = "";

    /// <summary>Most bytes that are taken as answer.</summary>
    internal int BodyBytesMax { get; init; } = AgentLimits.AnswerBytesMax;
}
