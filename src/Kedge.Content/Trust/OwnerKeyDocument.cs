using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust;

/// <summary>
/// One step from an owner key to the next, signed by both: the old one says who follows, the new one that somebody
/// holds it. Never compared as a record.
/// </summary>
/// <param name="Version">Version of the new key; the first that a fleet has is version 1.</param>
/// <param name="Previous">The key that counted until now.</param>
/// <param name="Next">The key that counts from now on.</param>
public sealed record OwnerKeyDocument(long Version, TrustedKey Previous, TrustedKey Next)
{
    /// <summary>The payload type of a signed step.</summary>
    public const string PayloadType = "application/vnd.kedge.owner-key.v1+json";

    /// <summary>The signed envelope.</summary>
    /// <param name="version">Version of the new key.</param>
    /// <param name="previous">The private key that counts.</param>
    /// <param name="next">The private key that is to count.</param>
    public static byte[] Sign(long version, ECDsa previous, ECDsa next)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteNumber("version", version);
        json.WriteString("previousKey", TrustedKey.Of(previous).PublicKey);
        json.WriteString("nextKey", TrustedKey.Of(next).PublicKey);
        json.WriteEndObject();
        json.Flush();
        return Dsse.Sign(PayloadType, bytes.WrittenSpan, previous, next);
    }

    /// <summary>
    /// Reads an envelope from outside. Both signatures are verified, by the keys that it names itself: whether the old
    /// one is the one that counts, <see cref="OwnerChain"/> says. Never throws, whatever the bytes.
    /// </summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="content">Digest of its payload: what makes it the same.</param>
    /// <param name="finding">What is wrong; null when there is a document.</param>
    public static OwnerKeyDocument? TryOpen(ReadOnlySpan<byte> envelope, out Digest content, out Finding? finding)
    {
        content = default;
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out finding) || parsed is null)
        {
            return null;
        }

        content = Digest.Of(parsed.Payload.Span);
        JsonCursor cursor = new(parsed.Payload.Span);
        if (parsed.PayloadType != PayloadType
            || !TryRead(ref cursor, out OwnerKeyDocument? document) || !cursor.TryEnd() || document is null)
        {
            finding = TrustErrors.OwnerRefused.At($"It cannot be read: {cursor.Failure ?? "it is of another type"}.");
            return null;
        }

        DsseOutcome signatures = Dsse.Verify(parsed, PayloadType, [document.Previous, document.Next]);
        if (signatures is DsseOutcome.Verified { KeyIds.Length: 2 })
        {
            return document;
        }

        finding = TrustErrors.OwnerRefused.At(
            $"Version {document.Version} is not signed by both {document.Previous.KeyId.Short} and "
            + $"{document.Next.KeyId.Short}.");
        return null;
    }

    private static bool TryRead(ref JsonCursor cursor, out OwnerKeyDocument? document)
    {
        document = null;
        long version = 0;
        string previous = "", next = "";
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "version" => cursor.TryNumber(out version),
                "previousKey" => cursor.TryText(ContentLimits.PublicKeyCharsMax, out previous),
                "nextKey" => cursor.TryText(ContentLimits.PublicKeyCharsMax, out next),
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

        if (version < 2 || version > ContentLimits.OwnerVersionsMax
            || !TrustedKey.TryParse(previous, out TrustedKey? from) || !TrustedKey.TryParse(next, out TrustedKey? to)
            || from.KeyId == to.KeyId)
        {
            return cursor.Fail("a version of 2 or more and two different keys on P-256 are expected");
        }

        document = new OwnerKeyDocument(version, from, to);
        return true;
    }
}
