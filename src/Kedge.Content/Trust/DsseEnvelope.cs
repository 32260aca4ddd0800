using System.Collections.Immutable;

namespace Kedge.Content.Trust;

/// <summary>A signed envelope as it was read: nothing in it is trusted until <see cref="Dsse.Verify"/> says so.
/// Never compared.</summary>
public sealed record DsseEnvelope
{
    /// <summary>What the payload is: a media type.</summary>
    public required string PayloadType { get; init; }

    /// <summary>The exact bytes that were signed.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The signatures, 1..<see cref="ContentLimits.SignaturesMax"/>.</summary>
    public required ImmutableArray<DsseSignature> Signatures { get; init; }

    /// <summary>
    /// Model signatures over the files of a package, each a Sigstore bundle as a file, 0..
    /// <see cref="ContentLimits.ModelSignaturesMax"/>. They travel beside what is signed here and prove nothing to a
    /// device; who takes the package elsewhere verifies it with them.
    /// </summary>
    public ImmutableArray<ReadOnlyMemory<byte>> ModelSignatures { get; init; } = [];
}

/// <summary>One signature of an envelope. Never compared.</summary>
/// <param name="KeyId">Which key to try, a hint that nothing protects; empty for any.</param>
/// <param name="Signature">The signature's bytes.</param>
public sealed record DsseSignature(string KeyId, ReadOnlyMemory<byte> Signature);
