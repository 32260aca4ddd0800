using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Wire.Signing;

namespace Kedge.Wire.Trust;

/// <summary>
/// A trust bundle as it is sent and kept: a <see cref="SignedMessage"/> by the root's key over
/// <c>{"v":1,"version":N,"notAfterMs":T,"intermediates":[...],"revoked":["sha256:..."]}</c>, an intermediate as
/// <c>{"certificate":"base64","untilMs":T}</c>.
/// Unknown fields are skipped.
/// </summary>
public static class TrustBundleFormat
{
    /// <summary>Most bytes of a signed bundle: every list full, with room.</summary>
    public const int BytesMax = 64 * Limits.KiB;

    private const int CertificateCharsMax = 4 * Limits.KiB;
    private const long VersionMax = (1L << 53) - 1;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };

    /// <summary>Writes and signs a bundle.</summary>
    /// <param name="bundle">What counts.</param>
    /// <param name="root">The root's private key.</param>
    public static string Sign(TrustBundle bundle, ECDsa root) =>
        Encoding.UTF8.GetString(SignedMessage.Sign(Write(bundle), root));

    /// <summary>Opens a bundle from outside; null with a finding when it is no good.</summary>
    /// <param name="signed">The two lines.</param>
    /// <param name="rootKey">SubjectPublicKeyInfo (DER) of the pinned root: no other key counts.</param>
    /// <param name="finding">What is wrong.</param>
    public static TrustBundle? TryOpen(string signed, byte[] rootKey, out Finding? finding)
    {
        if (signed.Length > BytesMax)
        {
            finding = WireErrors.Malformed.At($"a trust bundle has more than {BytesMax} characters");
            return null;
        }

        if (SignedMessage.TryParse(Encoding.UTF8.GetBytes(signed), out finding) is not { } message)
        {
            return null;
        }

        finding = message.Verify(new Dictionary<Digest, byte[]> { [Digest.Of(rootKey)] = rootKey });
        if (finding is not null)
        {
            return null;
        }

        TrustBundle? bundle = Read(message.Body);
        finding = bundle is null ? WireErrors.Malformed.At("a trust bundle cannot be read or breaks a bound") : null;
        return bundle;
    }

    private static byte[] Write(TrustBundle bundle)
    {
        ArrayBufferWriter<byte> buffer = new(2048);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v", 1);
            json.WriteNumber("version", bundle.Version);
            json.WriteNumber("notAfterMs", bundle.NotAfterMs);
            json.WriteStartArray("intermediates");
            foreach (BundleIntermediate intermediate in bundle.Intermediates)
            {
                json.WriteStartObject();
                json.WriteString("certificate", intermediate.Certificate);
                json.WriteNumber("untilMs", intermediate.UntilMs);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("revoked");
            foreach (Digest revoked in bundle.Revoked)
            {
                json.WriteStringValue(revoked.ToString());
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static TrustBundle? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Strict);
            JsonElement root = document.RootElement;
            JsonElement listed = root.GetProperty("intermediates");
            JsonElement revoked = root.GetProperty("revoked");
            long version = root.GetProperty("version").GetInt64();
            if (root.GetProperty("v").GetInt32() != 1
                || version is < 1 or > VersionMax
                || listed.GetArrayLength() is < 1 or > TrustBundle.IntermediatesMax
                || revoked.GetArrayLength() > TrustBundle.RevokedMax)
            {
                return null;
            }

            return new TrustBundle
            {
                Version = version,
                NotAfterMs = root.GetProperty("notAfterMs").GetInt64(),
                Intermediates = [.. listed.EnumerateArray().Select(ReadIntermediate)],
                Revoked = [.. revoked.EnumerateArray().Select(ReadDigest)],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException)
        {
            // Signed by the root and still unreadable: the caller reports it as a finding.
            return null;
        }
    }

    private static BundleIntermediate ReadIntermediate(JsonElement element)
    {
        string text = element.GetProperty("certificate").GetString() ?? "";
        return text.Length is > 0 and <= CertificateCharsMax
            ? BundleIntermediate.Of(Convert.FromBase64String(text), element.GetProperty("untilMs").GetInt64())
            : throw new FormatException("a certificate is empty or too long");
    }

    private static Digest ReadDigest(JsonElement element) =>
        Digest.TryParse(element.GetString(), out Digest digest)
            ? digest
            : throw new FormatException("a revoked intermediate is not named by a digest");
}
