using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>What fields of a SigningPolicy may not say together.</summary>
internal static class SigningPolicyRules
{
    public static void Check(ManifestNode.Mapping document, FindingList findings)
    {
        ManifestFields spec = new ManifestFields(document).At("spec");
        bool isSigned = spec.At("envelope").IsThere;
        bool isClear = spec.At("version").IsThere || spec.At("rules").IsThere;
        if (isSigned == isClear)
        {
            string message = isSigned
                ? "the policy is given both signed and in the clear"
                : "the policy has neither version and rules nor an envelope";
            findings.Add(SpecErrors.Policy, message, "spec", spec.Line);
        }
        else if (isClear && !spec.At("version").IsThere)
        {
            findings.Add(SpecErrors.MissingField, "spec.version is missing", "spec.version", spec.Line);
        }

        CheckRules(spec, findings);
    }

    private static void CheckRules(ManifestFields spec, FindingList findings)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        int index = 0;
        foreach (ManifestFields rule in spec.Items("rules"))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"spec.rules[{index++}]");
            string key = rule.Text("publicKey");
            if (key.Length > 0 && !keys.Add(key))
            {
                findings.Add(
                    SpecErrors.DuplicateValue, "two rules are for the same key", $"{path}.publicKey", rule.Line);
            }

            CheckKeyId(rule, key, path, findings);
        }
    }

    private static void CheckKeyId(ManifestFields rule, string key, string path, FindingList findings)
    {
        byte[] der = new byte[key.Length];
        if (Digest.TryParse(rule.Text("keyId"), out Digest named)
            && Convert.TryFromBase64String(key, der, out int bytes)
            && Digest.Of(der.AsSpan(0, bytes)) != named)
        {
            findings.Add(
                SpecErrors.Key,
                "keyId is not the digest of publicKey; leave it out to have it computed",
                $"{path}.keyId",
                rule.At("keyId").Line);
        }
    }
}
