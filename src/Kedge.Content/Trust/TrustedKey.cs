using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Kedge.Core;

namespace Kedge.Content.Trust;

/// <summary>A public key whose signatures may count: ECDSA on P-256. Compare <see cref="KeyId"/>.</summary>
public sealed class TrustedKey
{
    private const int SpkiBytes = 91;

    private readonly ImmutableArray<byte> _spki;

    private TrustedKey(ImmutableArray<byte> spki)
    {
        _spki = spki;
        KeyId = Digest.Of(spki.AsSpan());
    }

    /// <summary>What comes before the two coordinates: id-ecPublicKey, prime256v1, an uncompressed point (RFC 5480
    /// §2).</summary>
    private static ReadOnlySpan<byte> SpkiHead =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>SHA-256 of the DER SubjectPublicKeyInfo.</summary>
    public Digest KeyId { get; }

    /// <summary>The DER SubjectPublicKeyInfo (RFC 5280 §4.1) in base64.</summary>
    public string PublicKey => Convert.ToBase64String(_spki.AsSpan());

    /// <summary>The public half of <paramref name="key"/>, which must be on P-256.</summary>
    public static TrustedKey Of(ECDsa key)
    {
        Check.That(TryOf(key.ExportSubjectPublicKeyInfo(), out TrustedKey? trusted));
        return trusted;
    }

    /// <summary>Reads a public key from outside; false for anything but the one DER form of a P-256 key, so that the
    /// framework never meets another algorithm or curve, and a key has one id.</summary>
    public static bool TryOf(ReadOnlySpan<byte> spki, [NotNullWhen(true)] out TrustedKey? key)
    {
        key = null;
        if (spki.Length != SpkiBytes || !spki.StartsWith(SpkiHead))
        {
            return false;
        }

        try
        {
            using ECDsa ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(spki, out _);
        }
        catch (CryptographicException)
        {
            // The framework's way of saying that the point is not on the curve: the answer is false.
            return false;
        }

        key = new TrustedKey([.. spki]);
        return true;
    }

    /// <summary>Reads base64 of a SubjectPublicKeyInfo from outside, as policies hold it.</summary>
    public static bool TryParse(string? base64, [NotNullWhen(true)] out TrustedKey? key)
    {
        key = null;
        return base64 is not null
            && base64.Length <= ContentLimits.PublicKeyCharsMax
            && Base64Text.TryDecode(base64, out byte[] spki)
            && TryOf(spki, out key);
    }

    /// <summary>Reads a PEM block <c>PUBLIC KEY</c> (RFC 7468 §13) from outside, as key files hold it.</summary>
    public static bool TryParsePem(ReadOnlySpan<char> pem, [NotNullWhen(true)] out TrustedKey? key)
    {
        key = null;
        return PemEncoding.TryFind(pem, out PemFields fields)
            && pem[fields.Label].SequenceEqual("PUBLIC KEY")
            && TryParse(pem[fields.Base64Data].ToString().ReplaceLineEndings(""), out key);
    }

    /// <summary>
    /// True when <paramref name="signature"/> (DER, RFC 3279 §2.2.3) is this key's over <paramref name="bytes"/>.
    /// </summary>
    public bool Verifies(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_spki.AsSpan(), out _);
        return ecdsa.VerifyData(
            bytes, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
