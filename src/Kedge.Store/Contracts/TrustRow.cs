using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>One version of a document that the owner key signed. Never compared as a record.</summary>
public sealed record TrustRow
{
    /// <summary>Which document.</summary>
    public required TrustKind Kind { get; init; }

    /// <summary>From 1, growing; gaps are allowed.</summary>
    public required long Version { get; init; }

    /// <summary>Digest of the signed payload: what makes it the same.</summary>
    public required Digest Content { get; init; }

    /// <summary>The signed envelope, exactly as it came.</summary>
    public required ImmutableArray<byte> Envelope { get; init; }

    /// <summary>When it was stored, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>Store revision of the change; written by the store.</summary>
    public long Revision { get; init; }
}
