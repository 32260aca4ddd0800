using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Kedge.Core;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// What a device needs to enrol, in one line: <c>kedge-enrol-v1.</c> and base64url of JSON with the server's address,
/// the fingerprint of its root, so that the first connection is safe, and the secret.
/// </summary>
/// <param name="Server">Host and port of enrolment.</param>
/// <param name="Root">SHA-256 of the root certificate, DER.</param>
/// <param name="Secret">The secret; the server holds its hash only.</param>
public sealed record EnrolmentToken(string Server, Digest Root, string Secret)
{
    private const string Prefix = "kedge-enrol-v1.";

    /// <summary>The text that is handed to the device.</summary>
    public string Format()
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("server", Server);
            json.WriteString("ca", Root.ToString());
            json.WriteString("secret", Secret);
            json.WriteEndObject();
        }

        return Prefix + Base64Url.EncodeToString(buffer.WrittenSpan);
    }

    /// <summary>Reads the text; null when it is no token.</summary>
    public static EnrolmentToken? TryParse(string text)
    {
        if (text.Length > ServerLimits.TokenCharsMax || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !Base64Url.IsValid(text.AsSpan(Prefix.Length)))
        {
            return null;
        }

        try
        {
            byte[] bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            JsonElement root = document.RootElement;
            string server = root.GetProperty("server").GetString() ?? "";
            string secret = root.GetProperty("secret").GetString() ?? "";
            return Digest.TryParse(root.GetProperty("ca").GetString(), out Digest ca) && secret.Length > 0
                ? new EnrolmentToken(server, ca, secret)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException or DecoderFallbackException)
        {
            return null;
        }
    }
}
