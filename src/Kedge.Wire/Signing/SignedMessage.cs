using System.Security.Cryptography;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Wire.Signing;

/// <summary>
/// A signed message is two lines: the exact JSON, then key id and signature. The signature covers the bytes of the
/// first line as they stand and is never checked against re-serialised JSON, so that a person can read the message
/// in any MQTT client and no two JSON writers need to agree. ECDSA on P-256 with SHA-256, DER (RFC 3279 §2.2.3).
/// </summary>
public sealed class SignedMessage
{
    private const int SignatureCharsMax = 200;

    private SignedMessage(ReadOnlyMemory<byte> body, Digest keyId, byte[] signature)
    {
        Body = body;
        KeyId = keyId;
        Signature = signature;
    }

    /// <summary>The first line: UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>SHA-256 of the signer's SubjectPublicKeyInfo.</summary>
    public Digest KeyId { get; }

    private byte[] Signature { get; }

    /// <summary>The id of a key: SHA-256 of its DER SubjectPublicKeyInfo.</summary>
    public static Digest KeyIdOf(ECDsa key) => Digest.Of(key.ExportSubjectPublicKeyInfo());

    /// <summary>Signs one line of JSON.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> body, ECDsa key)
    {
        Check.That(!body.Contains((byte)'\n'));
        byte[] signature = key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        string tail = $"\n{KeyIdOf(key)} {Convert.ToBase64String(signature)}\n";
        byte[] message = new byte[body.Length + tail.Length];
        body.CopyTo(message);
        Encoding.ASCII.GetBytes(tail, message.AsSpan(body.Length));
        return message;
    }

    /// <summary>Takes a message apart without trusting it.</summary>
    public static SignedMessage? TryParse(ReadOnlyMemory<byte> message, out Finding? finding)
    {
        finding = null;
        ReadOnlySpan<byte> bytes = message.Span;
        int end = bytes.IndexOf((byte)'\n');
        if (end > 0 && end < bytes.Length - 1 && bytes[^1] == (byte)'\n'
            && bytes.Length - end <= Digest.TextChars + SignatureCharsMax)
        {
            string tail = Encoding.ASCII.GetString(bytes[(end + 1)..^1]);
            byte[] signature = new byte[SignatureCharsMax];
            if (tail.Length > Digest.TextChars && tail[Digest.TextChars] == ' '
                && Digest.TryParse(tail[..Digest.TextChars], out Digest keyId)
                && Convert.TryFromBase64String(tail[(Digest.TextChars + 1)..], signature, out int written)
                && Convert.ToBase64String(signature.AsSpan(0, written)) == tail[(Digest.TextChars + 1)..])
            {
                return new SignedMessage(message[..end], keyId, signature[..written]);
            }
        }

        finding = WireErrors.NotSigned.At("the message is not one line of JSON and one line of key id and signature");
        return null;
    }

    /// <summary>Checks the signature with the key that <see cref="KeyId"/> names.</summary>
    /// <param name="trustedKeys">SubjectPublicKeyInfo (DER) by key id.</param>
    /// <returns>Null when it is right, else what is wrong.</returns>
    public Finding? Verify(IReadOnlyDictionary<Digest, byte[]> trustedKeys)
    {
        if (!trustedKeys.TryGetValue(KeyId, out byte[]? spki))
        {
            return WireErrors.UnknownKey.At($"key {KeyId.Short} is not among the {trustedKeys.Count} certified keys");
        }

        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(spki, out _);
        return key.VerifyData(Body.Span, Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
            ? null
            : WireErrors.BadSignature.At($"the signature by key {KeyId.Short} does not fit the message");
    }
}
