using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust;

/// <summary>
/// Signed envelopes: DSSE v1.0.2 (github.com/secure-systems-lab/dsse, protocol.md and envelope.md). Signed is the
/// pre-authentication encoding of payload type and payload, so that bytes of one type never pass for another, and
/// the payload is never parsed before its signature is checked. Signatures are ECDSA P-256 with SHA-256 in DER form,
/// as sigstore makes them; a key's id is the SHA-256 digest of its DER SubjectPublicKeyInfo.
/// </summary>
public static class Dsse
{
    /// <summary>The bytes of an envelope around <paramref name="payload"/> with a signature by each key.</summary>
    /// <param name="payloadType">What the payload is: a media type.</param>
    /// <param name="payload">The exact bytes to sign.</param>
    /// <param name="keys">Private keys on P-256.</param>
    public static byte[] Sign(string payloadType, ReadOnlySpan<byte> payload, params ReadOnlySpan<ECDsa> keys)
    {
        byte[] signed = Encode(payloadType, payload);
        ImmutableArray<DsseSignature>.Builder signatures = ImmutableArray.CreateBuilder<DsseSignature>(keys.Length);
        foreach (ECDsa key in keys)
        {
            signatures.Add(new DsseSignature(
                TrustedKey.Of(key).KeyId.ToString(),
                key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        }

        return Write(new DsseEnvelope
        {
            PayloadType = payloadType,
            Payload = payload.ToArray(),
            Signatures = signatures.DrainToImmutable(),
        });
    }

    /// <summary>The bytes of an envelope of ours with model signatures beside what it signs.</summary>
    /// <param name="envelope">An envelope as <see cref="Sign"/> writes it.</param>
    /// <param name="modelSignatures">Sigstore bundles, as files.</param>
    public static byte[] Attach(ReadOnlySpan<byte> envelope, ImmutableArray<ReadOnlyMemory<byte>> modelSignatures)
    {
        Check.That(TryParse(envelope, out DsseEnvelope? parsed, out _));
        return Write(parsed! with { ModelSignatures = modelSignatures }); // TryParse gives one when it answers true.
    }

    /// <summary>The bytes of an envelope.</summary>
    public static byte[] Write(DsseEnvelope envelope)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteBase64String("payload", envelope.Payload.Span);
        json.WriteString("payloadType", envelope.PayloadType);
        json.WriteStartArray("signatures");
        foreach (DsseSignature signature in envelope.Signatures)
        {
            json.WriteStartObject();
            json.WriteString("keyid", signature.KeyId);
            json.WriteBase64String("sig", signature.Signature.Span);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (!envelope.ModelSignatures.IsEmpty)
        {
            json.WriteStartArray("modelSignatures");
            foreach (ReadOnlyMemory<byte> bundle in envelope.ModelSignatures)
            {
                json.WriteBase64StringValue(bundle.Span);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads an envelope from outside. Never throws, whatever the bytes.</summary>
    /// <param name="json">The envelope, at most <see cref="ModelLimits.EnvelopeBytesMax"/> bytes.</param>
    /// <param name="envelope">The envelope; null when the answer is false.</param>
    /// <param name="finding">What is wrong; null when the answer is true.</param>
    public static bool TryParse(ReadOnlySpan<byte> json, out DsseEnvelope? envelope, out Finding? finding)
    {
        envelope = null;
        finding = null;
        if (json.Length > ModelLimits.EnvelopeBytesMax)
        {
            finding = ContentErrors.TooLarge.At(
                $"The envelope has {json.Length} bytes; at most {ModelLimits.EnvelopeBytesMax} are allowed.");
            return false;
        }

        JsonCursor cursor = new(json);
        if (!TryEnvelope(ref cursor, null, out DsseEnvelope? read) || !cursor.TryEnd())
        {
            finding = TrustErrors.Envelope.At($"The envelope cannot be read: {cursor.Failure}.");
            return false;
        }

        envelope = read;
        return true;
    }

    /// <summary>Says whose signatures on <paramref name="envelope"/> are good.</summary>
    /// <param name="envelope">What was read.</param>
    /// <param name="payloadType">The type of payload that the caller is about to parse.</param>
    /// <param name="trusted">Keys whose signatures count.</param>
    public static DsseOutcome Verify(
        DsseEnvelope envelope, string payloadType, IReadOnlyCollection<TrustedKey> trusted)
    {
        if (!string.Equals(envelope.PayloadType, payloadType, StringComparison.Ordinal))
        {
            return new DsseOutcome.Malformed(TrustErrors.Envelope.At(
                $"The payload type is '{envelope.PayloadType}'; expected is '{payloadType}'.", "payloadType"));
        }

        byte[] signed = Encode(envelope.PayloadType, envelope.Payload.Span);
        HashSet<Digest> good = [];
        HashSet<Digest> bad = [];
        foreach (DsseSignature signature in envelope.Signatures)
        {
            foreach (TrustedKey key in trusted)
            {
                if (signature.KeyId.Length > 0 && signature.KeyId != key.KeyId.ToString())
                {
                    continue;
                }

                _ = key.Verifies(signed, signature.Signature.Span) ? good.Add(key.KeyId) : bad.Add(key.KeyId);
            }
        }

        return (good.Count, bad.Count) switch
        {
            ( > 0, _) => new DsseOutcome.Verified([.. good.Order()]),
            (_, > 0) => new DsseOutcome.BadSignature([.. bad.Order()]),
            _ => new DsseOutcome.Untrusted([.. envelope.Signatures.Select(static signature => signature.KeyId)]),
        };
    }

    /// <summary>The pre-authentication encoding: <c>DSSEv1 SP LEN(type) SP type SP LEN(body) SP body</c>.</summary>
    internal static byte[] Encode(string payloadType, ReadOnlySpan<byte> payload)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} "));
        return [.. head, .. payload];
    }

    /// <summary>Reads the envelope that the cursor stands on.</summary>
    /// <param name="cursor">Where.</param>
    /// <param name="unique">Given when a field that stands twice is refused.</param>
    /// <param name="envelope">The envelope; null when the answer is false.</param>
    internal static bool TryEnvelope(ref JsonCursor cursor, UniqueFields? unique, out DsseEnvelope? envelope)
    {
        envelope = null;
        string payloadType = "";
        byte[]? payload = null;
        ImmutableArray<DsseSignature> signatures = [];
        ImmutableArray<ReadOnlyMemory<byte>> bundles = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (unique is null ? cursor.TryField(out string field) : unique.TryNext(ref cursor, out field))
        {
            bool read = field switch
            {
                "payload" => TryBytes(ref cursor, ModelLimits.EnvelopeBytesMax, out payload),
                "payloadType" => cursor.TryText(ContentLimits.PayloadTypeCharsMax, out payloadType),
                "signatures" =>
                    JsonLists.TryItems(ref cursor, ContentLimits.SignaturesMax, TrySignature, out signatures),
                "modelSignatures" =>
                    JsonLists.TryItems(ref cursor, ContentLimits.ModelSignaturesMax, TryModelSignature, out bundles),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        if (payload is null || payloadType.Length == 0 || signatures.IsEmpty)
        {
            return cursor.Fail("payload, payload type or signatures are missing");
        }

        envelope = new DsseEnvelope
        {
            PayloadType = payloadType,
            Payload = payload,
            Signatures = signatures,
            ModelSignatures = bundles,
        };
        return cursor.Failure is null;
    }

    private static bool TrySignature(ref JsonCursor cursor, out DsseSignature? signature)
    {
        signature = null;
        string keyId = "";
        byte[]? bytes = null;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "keyid" => cursor.IsNull || cursor.TryText(ContentLimits.KeyIdCharsMax, out keyId),
                "sig" => TryBytes(ref cursor, ContentLimits.SignatureCharsMax, out bytes),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        if (bytes is null)
        {
            return cursor.Fail("a signature has no bytes");
        }

        signature = new DsseSignature(keyId, bytes);
        return cursor.Failure is null;
    }

    private static bool TryModelSignature(ref JsonCursor cursor, out ReadOnlyMemory<byte> bundle)
    {
        bool read = TryBytes(ref cursor, ModelLimits.EnvelopeBytesMax, out byte[]? bytes);
        bundle = bytes;
        return read;
    }

    private static bool TryBytes(ref JsonCursor cursor, int charsMax, out byte[]? bytes)
    {
        bytes = null;
        if (!cursor.TryText(charsMax, out string base64))
        {
            return false;
        }

        bool decoded = Base64Text.TryDecode(base64, out byte[] read);
        bytes = read;
        return decoded || cursor.Fail("base64 is expected");
    }
}
