using System.Collections.Immutable;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// The JSON of a <see cref="SigstoreBundle"/> (github.com/sigstore/protobuf-specs, <c>sigstore_bundle.proto</c>).
/// Written field by field as the model-signing tool 1.0.1 writes it; read with every bound, no field twice. Entries of
/// transparency logs are skipped: they are no part of signing by key or by certificate.
/// </summary>
public static class SigstoreBundleFormat
{
    /// <summary>Media type of a bundle, in it and as a file.</summary>
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>The bytes of a bundle with one signature.</summary>
    /// <param name="bundle">What to write; a public key needs its PEM.</param>
    /// <param name="keyDetails">The kind of key, as in <c>sigstore_common.proto</c>; for a public key alone.</param>
    public static byte[] Write(SigstoreBundle bundle, string keyDetails)
    {
        StringBuilder text = new();
        text.Append("{\"mediaType\": ").Text(MediaType).Append(", \"verificationMaterial\": {");
        switch (bundle.Material)
        {
            case SigningMaterial.PublicKey key:
                text.Append("\"publicKey\": {\"rawBytes\": ").Text(Base64(Encoding.ASCII.GetBytes(key.Pem)));
                text.Append(", \"keyDetails\": ").Text(keyDetails).Append('}');
                break;
            case SigningMaterial.Certificates certificates:
                text.Append("\"x509CertificateChain\": {\"certificates\": [");
                text.Append(string.Join(
                    ", ", certificates.Chain.Select(static one => $"{{\"rawBytes\": \"{Base64(one.Span)}\"}}")));
                text.Append("]}");
                break;
            default:
                throw Check.Unreachable(bundle.Material);
        }

        text.Append("}, \"dsseEnvelope\": {\"payload\": ").Text(Base64(bundle.Envelope.Payload.Span));
        text.Append(", \"payloadType\": ").Text(bundle.Envelope.PayloadType);
        text.Append(", \"signatures\": [{\"sig\": ").Text(Base64(bundle.Envelope.Signatures[0].Signature.Span));
        text.Append(", \"keyid\": null}]}}");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Reads a bundle from outside. Never throws, whatever the bytes.</summary>
    /// <param name="json">The file.</param>
    /// <param name="finding">What is wrong; null when there is a bundle.</param>
    public static SigstoreBundle? TryRead(ReadOnlySpan<byte> json, out Finding? finding)
    {
        finding = null;
        if (json.Length > ContentLimits.BundleBytesMax)
        {
            finding = ContentErrors.TooLarge.At(
                $"The signature has {json.Length} bytes; at most {ContentLimits.BundleBytesMax} are allowed.");
            return null;
        }

        JsonCursor cursor = new(json);
        if (TryBundle(ref cursor, out SigstoreBundle? bundle) && cursor.TryEnd())
        {
            return bundle;
        }

        finding = ModelSigningErrors.Bundle.At($"The signature cannot be read: {cursor.Failure}.");
        return null;
    }

    private static bool TryBundle(ref JsonCursor cursor, out SigstoreBundle? bundle)
    {
        bundle = null;
        UniqueFields fields = new();
        string mediaType = "";
        SigningMaterial? material = null;
        DsseEnvelope? envelope = null;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "mediaType" => cursor.TryText(ContentLimits.PayloadTypeCharsMax, out mediaType),
                "verificationMaterial" => TryMaterial(ref cursor, out material),
                "dsseEnvelope" => Dsse.TryEnvelope(ref cursor, new UniqueFields(), out envelope),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        if (cursor.Failure is not null)
        {
            return false;
        }

        if (mediaType != MediaType)
        {
            return cursor.Fail($"the media type is '{mediaType}', not '{MediaType}'");
        }

        if (material is null || envelope is null)
        {
            return cursor.Fail("the key or certificate, or the envelope, is missing");
        }

        bundle = new SigstoreBundle(material, envelope);
        return envelope.Signatures.Length == 1 || cursor.Fail("there is more than one signature");
    }

    private static bool TryMaterial(ref JsonCursor cursor, out SigningMaterial? material)
    {
        material = null;
        UniqueFields fields = new();
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            SigningMaterial? before = material;
            bool read = field switch
            {
                "publicKey" => TryPublicKey(ref cursor, out material),
                "x509CertificateChain" => TryChain(ref cursor, out material),
                "certificate" => TryCertificate(ref cursor, out material),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }

            if (before is not null && !ReferenceEquals(before, material))
            {
                return cursor.Fail("there is more than one key or certificate");
            }
        }

        return cursor.Failure is null;
    }

    private static bool TryPublicKey(ref JsonCursor cursor, out SigningMaterial? material)
    {
        material = null;
        UniqueFields fields = new();
        string hint = "";
        byte[] pem = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "hint" => cursor.IsNull || cursor.TryText(ContentLimits.KeyIdCharsMax, out hint),
                "rawBytes" => TryBytes(ref cursor, out pem),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        material = new SigningMaterial.PublicKey(hint, Encoding.Latin1.GetString(pem));
        return cursor.Failure is null;
    }

    private static bool TryChain(ref JsonCursor cursor, out SigningMaterial? material)
    {
        material = null;
        UniqueFields fields = new();
        ImmutableArray<ReadOnlyMemory<byte>> chain = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field == "certificates"
                ? JsonLists.TryItems(ref cursor, ContentLimits.ChainMax, TryRaw, out chain)
                : cursor.TrySkip();
            if (!read)
            {
                return false;
            }
        }

        material = new SigningMaterial.Certificates(chain);
        return cursor.Failure is null && (!chain.IsEmpty || cursor.Fail("there is no certificate"));
    }

    private static bool TryCertificate(ref JsonCursor cursor, out SigningMaterial? material)
    {
        bool read = TryRaw(ref cursor, out ReadOnlyMemory<byte> certificate);
        material = new SigningMaterial.Certificates([certificate]);
        return read;
    }

    private static bool TryRaw(ref JsonCursor cursor, out ReadOnlyMemory<byte> raw)
    {
        raw = default;
        UniqueFields fields = new();
        byte[] bytes = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            if (!(field == "rawBytes" ? TryBytes(ref cursor, out bytes) : cursor.TrySkip()))
            {
                return false;
            }
        }

        raw = bytes;
        return cursor.Failure is null && (bytes.Length > 0 || cursor.Fail("a certificate has no bytes"));
    }

    private static bool TryBytes(ref JsonCursor cursor, out byte[] bytes)
    {
        bytes = [];
        return cursor.TryText(ContentLimits.CertificateCharsMax, out string base64)
            && (Base64Text.TryDecode(base64, out bytes) || cursor.Fail("base64 is expected"));
    }

    private static string Base64(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes);
}
