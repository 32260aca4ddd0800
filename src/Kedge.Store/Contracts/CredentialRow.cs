using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// What a person or program shows to be let in; its secret is kept by its hash only. Never compared as a record.
/// </summary>
public sealed record CredentialRow
{
    /// <summary>Who, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the secret.</summary>
    public required Digest Hash { get; init; }

    /// <summary>What they may do, in order; the caller knows the words.</summary>
    public required ImmutableArray<string> Roles { get; init; }

    /// <summary>When it was created, Unix ms.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>From then on it is worth nothing, Unix ms; 0 for no end.</summary>
    public long ExpiresAtMs { get; init; }

    /// <summary>When it was revoked, Unix ms; 0 while it is good. Written by the store.</summary>
    public long RevokedAtMs { get; init; }

    /// <summary>Store revision that last changed it; written by the store.</summary>
    public long Revision { get; init; }
}
