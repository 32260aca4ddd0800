using System.Buffers.Text;
using System.Text.Json;
using Kedge.Core;

namespace Kedge.Agent.Identity;

/// <summary>
/// What an enrolment token says, read from <c>kedge-enrol-v1.</c> and base64url of its JSON. The text itself is what
/// the
/// server is shown; the secret in it is never logged.
/// </summary>
/// <param name="Text">The whole token.</param>
/// <param name="Server">Host and port of enrolment.</param>
/// <param name="Root">SHA-256 of the authority's root certificate, DER.</param>
internal sealed record EnrolmentTicket(string Text, string Server, Digest Root)
{
    private const string Prefix = "kedge-enrol-v1.";
    private const int CharsMax = 4096;

    /// <summary>Null when the text is no token.</summary>
    internal static EnrolmentTicket? TryParse(string text)
    {
        text = text.Trim();
        if (text.Length > CharsMax || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !Base64Url.IsValid(text.AsSpan(Prefix.Length)))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length)), new JsonDocumentOptions { MaxDepth = 4 });
            string server = document.RootElement.GetProperty("server").GetString() ?? "";
            return Digest.TryParse(document.RootElement.GetProperty("ca").GetString(), out Digest root)
                ? new EnrolmentTicket(text, server, root)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
