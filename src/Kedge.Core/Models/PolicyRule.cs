using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>What one key may sign. Never compared as a record.</summary>
public sealed record PolicyRule
{
    /// <summary>SHA-256 of the DER SubjectPublicKeyInfo: the key's name in envelopes.</summary>
    public required Digest KeyId { get; init; }

    /// <summary>
    /// The DER SubjectPublicKeyInfo in base64 (RFC 5280 §4.1), so that a device can verify without asking.
    /// </summary>
    public required string PublicKey { get; init; }

    /// <summary>
    /// Model names that the key may sign: a name, a name's beginning and <c>*</c>, or <c>*</c> alone.
    /// </summary>
    public required ImmutableArray<string> Models { get; init; }

    /// <summary>
    /// From then on nothing new is taken that this key alone signed, Unix milliseconds UTC; 0 for never.
    /// </summary>
    public long NotAfterMs { get; init; }

    /// <summary>True once nothing signed by the key counts any more, whenever it was signed.</summary>
    public bool Revoked { get; init; }

    /// <summary>Why it is listed or revoked: for people.</summary>
    public string Reason { get; init; } = "";
}
