using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// A Sigstore bundle of version 0.3 around one signed envelope, as it was read: nothing in it is trusted. Never
/// compared.
/// </summary>
/// <param name="Material">Whose signature it claims to be.</param>
/// <param name="Envelope">The envelope, with exactly one signature.</param>
public sealed record SigstoreBundle(SigningMaterial Material, DsseEnvelope Envelope);

/// <summary>Whose signature a bundle claims to be.</summary>
[Closed]
public abstract record SigningMaterial
{
    private SigningMaterial()
    {
    }

    /// <summary>A key that the verifier has to know.</summary>
    /// <param name="Hint">SHA-256 of the key's PEM in hex, as newer tools write it; empty when absent.</param>
    /// <param name="Pem">The public key in PEM, as tools up to 1.0.1 write it; empty when absent.</param>
    public sealed record PublicKey(string Hint, string Pem) : SigningMaterial;

    /// <summary>A certificate and those that lead to its root. Never compared.</summary>
    /// <param name="Chain">Certificates in DER, the signer's first, 1..<see cref="ContentLimits.ChainMax"/>.</param>
    public sealed record Certificates(ImmutableArray<ReadOnlyMemory<byte>> Chain) : SigningMaterial;
}
