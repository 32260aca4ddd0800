using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// Which keys may sign desired states: the owner signs the list, devices check it against the owner key that they
/// pinned.
/// Never compared as a record.
/// </summary>
/// <param name="Version">From 1, growing.</param>
/// <param name="Keys">The keys, 1..16.</param>
public sealed record DesiredKeys(long Version, ImmutableArray<TrustedKey> Keys)
{
    /// <summary>The payload type of the signed list.</summary>
    public const string PayloadType = "application/vnd.kedge.desired-keys.v1+json";

    private const int KeysMax = 16;
    private const int BytesMax = 64 * Limits.KiB;

    /// <summary>The signed list.</summary>
    /// <param name="owners">The owner key; while it changes, the one before, too.</param>
    public byte[] Sign(params ReadOnlySpan<System.Security.Cryptography.ECDsa> owners)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteStartArray("keys");
            foreach (TrustedKey key in Keys)
            {
                json.WriteStartObject();
                json.WriteString("keyId", key.KeyId.ToString());
                json.WriteString("spki", key.PublicKey);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Dsse.Sign(PayloadType, buffer.WrittenSpan, owners);
    }

    /// <summary>Reads a list that the owner signed; null with findings when it is not one.</summary>
    public static DesiredKeys? TryRead(
        ReadOnlySpan<byte> envelope, TrustedKey owner, out ImmutableArray<Finding> findings)
    {
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out Finding? finding) || parsed is null)
        {
            findings = finding is null ? [] : [finding];
            return null;
        }

        DsseOutcome outcome = Dsse.Verify(parsed, PayloadType, [owner]);
        findings = outcome.Findings();
        if (outcome is not DsseOutcome.Verified)
        {
            return null;
        }

        DesiredKeys? keys = Parse(parsed.Payload);
        findings = keys is null ? [TrustErrors.Policy.At("the list of keys cannot be read or breaks a bound")] : [];
        return keys;
    }

    private static DesiredKeys? Parse(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > BytesMax)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 8 });
            long version = document.RootElement.GetProperty("version").GetInt64();
            JsonElement list = document.RootElement.GetProperty("keys");
            if (version is < 1 or > ContentVersionMax || list.GetArrayLength() is < 1 or > KeysMax)
            {
                return null;
            }

            ImmutableArray<TrustedKey>.Builder keys = ImmutableArray.CreateBuilder<TrustedKey>();
            foreach (JsonElement item in list.EnumerateArray())
            {
                if (!TrustedKey.TryParse(item.GetProperty("spki").GetString(), out TrustedKey? key)
                    || key.KeyId.ToString() != item.GetProperty("keyId").GetString())
                {
                    return null;
                }

                keys.Add(key);
            }

            return new DesiredKeys(version, keys.ToImmutable());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException)
        {
            // Signed by the owner and still unreadable: the caller reports it as a finding.
            return null;
        }
    }

    private const long ContentVersionMax = (1L << 53) - 1;
}
