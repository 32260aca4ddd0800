using System.Text.Json;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Agent.Trust;

/// <summary>
/// Which keys may sign desired states: <c>{"version":N,"keys":[{"keyId":"sha256:...","spki":"base64"}]}</c> in a DSSE
/// envelope that the owner key signed. Never compared.
/// </summary>
/// <param name="Version">Grows by at least 1 with each change; a device never goes back.</param>
/// <param name="Keys">SubjectPublicKeyInfo (DER) by key id.</param>
internal sealed record DesiredKeysDocument(long Version, IReadOnlyDictionary<Digest, byte[]> Keys)
{
    internal const string PayloadType = "application/vnd.kedge.desired-keys.v1+json";
    private const int KeysMax = 64;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };

    /// <summary>Reads an envelope from outside; null with a finding when it is no good.</summary>
    internal static DesiredKeysDocument? TryOpen(ReadOnlySpan<byte> envelope, TrustedKey owner, out Finding? finding)
    {
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out finding) || parsed is null)
        {
            return null;
        }

        DsseOutcome outcome = Dsse.Verify(parsed, PayloadType, [owner]);
        if (outcome is not DsseOutcome.Verified)
        {
            finding = AgentErrors.TrustRefused.At($"desired keys: {outcome.Findings()[0].Message}");
            return null;
        }

        try
        {
            return Read(parsed.Payload);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException)
        {
            finding = AgentErrors.TrustRefused.At($"desired keys cannot be read: {e.Message}");
            return null;
        }
    }

    private static DesiredKeysDocument Read(ReadOnlyMemory<byte> payload)
    {
        using JsonDocument document = JsonDocument.Parse(payload, Strict);
        JsonElement keys = document.RootElement.GetProperty("keys");
        if (keys.GetArrayLength() > KeysMax)
        {
            throw new FormatException("too many keys");
        }

        Dictionary<Digest, byte[]> trusted = [];
        foreach (JsonElement entry in keys.EnumerateArray())
        {
            byte[] spki = entry.GetProperty("spki").GetBytesFromBase64();
            if (TrustedKey.TryOf(spki, out TrustedKey? key)
                && key.KeyId.ToString() == entry.GetProperty("keyId").GetString())
            {
                trusted[key.KeyId] = spki;
            }
        }

        return new DesiredKeysDocument(
            document.RootElement.GetProperty("version").GetInt64(), trusted);
    }
}
