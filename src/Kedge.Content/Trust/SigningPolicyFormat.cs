using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust;

/// <summary>The JSON of a signing policy: strict writing, tolerant and bounded reading, as for packages.</summary>
public static class SigningPolicyFormat
{
    /// <summary>The payload type of a signed policy.</summary>
    public const string PayloadType = "application/vnd.kedge.signing-policy.v1+json";

    private const string Expiry = "expiresAtMs";

    /// <summary>Names the field within rules: a reader that does not know it must not take a key for one without
    /// end.</summary>
    private const string RuleEnd = "rules.notAfterMs";

    private static readonly ImmutableArray<string> Fields = ["version", "critical", "rules", Expiry, RuleEnd];

    /// <summary>The bytes of <paramref name="policy"/>, which must have no findings.</summary>
    public static byte[] Write(SigningPolicyDocument policy)
    {
        ImmutableArray<Finding> findings = SigningPolicyCheck.Findings(policy);
        Check.That(findings.IsEmpty);
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteNumber("version", policy.Version);
        WriteEnds(json, policy);
        json.WriteStartArray("rules");
        foreach (PolicyRule rule in policy.Rules)
        {
            json.WriteStartObject();
            json.WriteString("keyId", rule.KeyId.ToString());
            json.WriteString("publicKey", rule.PublicKey);
            json.WriteStartArray("models");
            foreach (string pattern in rule.Models)
            {
                json.WriteStringValue(pattern);
            }

            json.WriteEndArray();
            if (rule.NotAfterMs > 0)
            {
                json.WriteNumber("notAfterMs", rule.NotAfterMs);
            }

            json.WriteBoolean("revoked", rule.Revoked);
            json.WriteString("reason", rule.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteEnds(Utf8JsonWriter json, SigningPolicyDocument policy)
    {
        bool hasRuleEnd = policy.Rules.Any(static rule => rule.NotAfterMs > 0);
        if (policy.ExpiresAtMs > 0)
        {
            json.WriteNumber(Expiry, policy.ExpiresAtMs);
        }

        if (policy.ExpiresAtMs == 0 && !hasRuleEnd)
        {
            return;
        }

        json.WriteStartArray("critical");
        if (policy.ExpiresAtMs > 0)
        {
            json.WriteStringValue(Expiry);
        }

        if (hasRuleEnd)
        {
            json.WriteStringValue(RuleEnd);
        }

        json.WriteEndArray();
    }

    /// <summary>Reads a policy from outside and asks every rule. Never throws, whatever the bytes.</summary>
    /// <param name="json">The payload of the envelope.</param>
    /// <param name="policy">The policy; null when the answer is false.</param>
    /// <param name="findings">Everything that is wrong; empty when the answer is true.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> json, out SigningPolicyDocument? policy, out ImmutableArray<Finding> findings)
    {
        policy = null;
        if (json.Length > ContentLimits.PolicyBytesMax)
        {
            findings = [ContentErrors.TooLarge.At(
                $"The policy has {json.Length} bytes; at most {ContentLimits.PolicyBytesMax} are allowed.")];
            return false;
        }

        JsonCursor cursor = new(json);
        if (!TryPolicy(ref cursor, out SigningPolicyDocument? read, out ImmutableArray<string> critical)
            || !cursor.TryEnd()
            || read is null)
        {
            findings = [ContentErrors.Json.At($"The signing policy cannot be read: {cursor.Failure}.")];
            return false;
        }

        findings = [.. CriticalFields.Unknown(critical, Fields), .. SigningPolicyCheck.Findings(read)];
        policy = findings.IsEmpty ? read : null;
        return findings.IsEmpty;
    }

    private static bool TryPolicy(
        ref JsonCursor cursor, out SigningPolicyDocument? policy, out ImmutableArray<string> critical)
    {
        policy = null;
        critical = [];
        long version = 0, expires = 0;
        ImmutableArray<PolicyRule> rules = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "version" => cursor.TryNumber(out version),
                Expiry => cursor.TryNumber(out expires),
                "critical" => CriticalFields.TryRead(ref cursor, out critical),
                "rules" => JsonLists.TryItems(ref cursor, ContentLimits.PolicyRulesMax, TryRule, out rules),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        policy = new SigningPolicyDocument { Version = version, ExpiresAtMs = expires, Rules = rules };
        return cursor.Failure is null;
    }

    private static bool TryRule(ref JsonCursor cursor, out PolicyRule? rule)
    {
        rule = null;
        Digest keyId = default;
        string publicKey = "", reason = "";
        bool revoked = false;
        long notAfter = 0;
        ImmutableArray<string> models = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "keyId" => cursor.TryDigest(out keyId),
                "publicKey" => cursor.TryText(ContentLimits.PublicKeyCharsMax, out publicKey),
                "models" => JsonLists.TryTexts(
                    ref cursor, ContentLimits.PolicyModelsMax, Ids.NameCharsMax + 1, out models),
                "notAfterMs" => cursor.TryNumber(out notAfter),
                "revoked" => cursor.TryFlag(out revoked),
                "reason" => cursor.TryText(ContentLimits.PolicyReasonCharsMax, out reason),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        rule = new PolicyRule
        {
            KeyId = keyId,
            PublicKey = publicKey,
            Models = models,
            NotAfterMs = notAfter,
            Revoked = revoked,
            Reason = reason,
        };
        return cursor.Failure is null;
    }
}
