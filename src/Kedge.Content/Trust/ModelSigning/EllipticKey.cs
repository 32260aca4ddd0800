using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Kedge.Core;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// A key that signs models: ECDSA on P-256, P-384 or P-521, each with the hash of its size, as the model-signing tool
/// takes them. Owns the framework's key.
/// </summary>
public sealed class EllipticKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly HashAlgorithmName _hash;

    private EllipticKey(ECDsa key, string details, HashAlgorithmName hash)
    {
        _key = key;
        _hash = hash;
        Details = details;
        Pem = key.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    /// <summary>The kind of key as bundles name it: <c>PKIX_ECDSA_P256_SHA_256</c>.</summary>
    public string Details { get; }

    /// <summary>The public half in PEM, with a line break at its end.</summary>
    public string Pem { get; }

    /// <summary>SHA-256 of <see cref="Pem"/>, in hex: the hint that newer bundles carry.</summary>
    public string Hint => Digest.Of(Encoding.ASCII.GetBytes(Pem)).Hex;

    /// <summary>Takes over a key; false, and the key is still the caller's, for another curve.</summary>
    public static bool TryOf(ECDsa key, [NotNullWhen(true)] out EllipticKey? taken)
    {
        // The curve by its identifier (RFC 5480 §2.1.1.1): other curves have keys of these sizes, too.
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        taken = parameters.Curve.IsNamed ? parameters.Curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => new EllipticKey(key, "PKIX_ECDSA_P256_SHA_256", HashAlgorithmName.SHA256),
            "1.3.132.0.34" => new EllipticKey(key, "PKIX_ECDSA_P384_SHA_384", HashAlgorithmName.SHA384),
            "1.3.132.0.35" => new EllipticKey(key, "PKIX_ECDSA_P521_SHA_512", HashAlgorithmName.SHA512),
            _ => null,
        } : null;
        return taken is not null;
    }

    /// <summary>Reads a public or private key in PEM from outside; false for anything else.</summary>
    public static bool TryParsePem(ReadOnlySpan<char> pem, [NotNullWhen(true)] out EllipticKey? key)
    {
        key = null;
        ECDsa read = ECDsa.Create();
        try
        {
            read.ImportFromPem(pem);
            if (TryOf(read, out key))
            {
                return true;
            }
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException
            or PlatformNotSupportedException)
        {
            // The framework's way of saying that this is no such key: the answer is false.
        }

        read.Dispose();
        return false;
    }

    /// <summary>The signature in DER over <paramref name="bytes"/>; the key must be private.</summary>
    public byte[] Sign(ReadOnlySpan<byte> bytes) =>
        _key.SignData(bytes, _hash, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>True when <paramref name="signature"/> is this key's over <paramref name="bytes"/>.</summary>
    public bool Verifies(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(bytes, signature, _hash, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>True when <paramref name="pem"/> from outside is this key's public half; however its lines are
    /// broken.</summary>
    public bool IsPem(ReadOnlySpan<char> pem) =>
        PemEncoding.TryFind(pem, out PemFields fields)
        && pem[fields.Label].SequenceEqual("PUBLIC KEY")
        && Base64Text.TryDecode(pem[fields.Base64Data].ToString().ReplaceLineEndings(""), out byte[] spki)
        && spki.AsSpan().SequenceEqual(_key.ExportSubjectPublicKeyInfo());

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
