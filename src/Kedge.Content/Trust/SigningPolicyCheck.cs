using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust;

/// <summary>The rules that a signing policy keeps, and what it says of one model.</summary>
public static class SigningPolicyCheck
{
    /// <summary>What is wrong with <paramref name="policy"/>; empty when nothing is.</summary>
    public static ImmutableArray<Finding> Findings(SigningPolicyDocument policy)
    {
        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        if (policy.Version is < 1 or > ContentLimits.VersionMax)
        {
            findings.Add(TrustErrors.Policy.At("The version must be 1 to 2^53-1.", "version"));
        }

        if (policy.ExpiresAtMs is < 0 or > ContentLimits.TimeMsMax)
        {
            findings.Add(TrustErrors.Policy.At("A policy expires within the years 1970 to 9999.", "expiresAtMs"));
        }

        if (policy.Rules.Length > ContentLimits.PolicyRulesMax)
        {
            findings.Add(TrustErrors.Policy.At(
                $"There are {policy.Rules.Length} rules; at most {ContentLimits.PolicyRulesMax} are allowed.",
                "rules"));
            return findings.DrainToImmutable();
        }

        HashSet<Digest> keys = [];
        for (int index = 0; index < policy.Rules.Length; index++)
        {
            Rule(policy.Rules[index], $"rules[{index}]", keys, findings);
        }

        return findings.DrainToImmutable();
    }

    /// <summary>
    /// Says whether a model may be run that these keys have signed, and if not, why each key does not count.
    /// </summary>
    /// <param name="policy">The policy that is held.</param>
    /// <param name="modelName">The model's name, from the signed manifest.</param>
    /// <param name="keyIds">Keys whose signatures were verified.</param>
    /// <param name="hasEnded">True when a time, Unix milliseconds UTC, is over.</param>
    public static PolicyVerdict Allows(
        SigningPolicyDocument policy,
        string modelName,
        IReadOnlyCollection<Digest> keyIds,
        Func<long, bool> hasEnded)
    {
        if (policy.ExpiresAtMs > 0 && hasEnded(policy.ExpiresAtMs))
        {
            return new PolicyVerdict.Refused([TrustErrors.PolicyExpired.At(string.Create(
                CultureInfo.InvariantCulture, $"Version {policy.Version} expired {Time(policy.ExpiresAtMs)}."))]);
        }

        ImmutableArray<Finding>.Builder reasons = ImmutableArray.CreateBuilder<Finding>();
        foreach (Digest keyId in keyIds)
        {
            PolicyRule? rule = policy.Rules.FirstOrDefault(rule => rule.KeyId == keyId);
            if (Reason(rule, keyId, modelName, hasEnded) is not { } reason)
            {
                return new PolicyVerdict.Allowed(keyId);
            }

            reasons.Add(reason);
        }

        if (reasons.Count == 0)
        {
            reasons.Add(TrustErrors.UnknownKey.At("There is no verified signature."));
        }

        return new PolicyVerdict.Refused(reasons.DrainToImmutable());
    }

    /// <summary>
    /// True when <paramref name="pattern"/> (a name, a beginning and <c>*</c>, or <c>*</c>) covers the model.
    /// </summary>
    public static bool Covers(string pattern, string modelName) =>
        pattern.EndsWith('*')
            ? modelName.StartsWith(pattern[..^1], StringComparison.Ordinal)
            : string.Equals(pattern, modelName, StringComparison.Ordinal);

    private static void Rule(
        PolicyRule rule, string at, HashSet<Digest> keys, ImmutableArray<Finding>.Builder findings)
    {
        if (!TrustedKey.TryParse(rule.PublicKey, out TrustedKey? key) || key.KeyId != rule.KeyId)
        {
            findings.Add(TrustErrors.Key.At("The public key is not P-256, or its id is another.", at + ".publicKey"));
        }

        if (!keys.Add(rule.KeyId))
        {
            findings.Add(TrustErrors.Policy.At("The key is listed twice.", at + ".keyId"));
        }

        if (rule.Models.Length > ContentLimits.PolicyModelsMax || rule.Models.Any(static one => !IsPattern(one)))
        {
            findings.Add(TrustErrors.Policy.At(
                "A model pattern is a name, the beginning of one and an asterisk, or an asterisk alone.",
                at + ".models"));
        }

        if (rule.NotAfterMs is < 0 or > ContentLimits.TimeMsMax)
        {
            findings.Add(TrustErrors.Policy.At("A key ends within the years 1970 to 9999.", at + ".notAfterMs"));
        }

        if (rule.Reason.Length > ContentLimits.PolicyReasonCharsMax || rule.Reason.Any(char.IsControl))
        {
            findings.Add(TrustErrors.Policy.At(
                $"A reason has at most {ContentLimits.PolicyReasonCharsMax} printable characters.", at + ".reason"));
        }
    }

    /// <summary>The beginning of a name may end in a hyphen, so it is checked with a letter after it.</summary>
    private static bool IsPattern(string pattern) =>
        pattern == "*" || (pattern.EndsWith('*') ? Ids.IsName(pattern[..^1] + "a") : Ids.IsName(pattern));

    /// <summary>A time for people.</summary>
    internal static string Time(long ms) => string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeMilliseconds(ms):u}");

    private static Finding? Reason(PolicyRule? rule, Digest keyId, string modelName, Func<long, bool> hasEnded)
    {
        if (rule is null)
        {
            return TrustErrors.UnknownKey.At($"The key {keyId.Short} is not in the signing policy.");
        }

        if (rule.Revoked)
        {
            return TrustErrors.RevokedKey.At(
                $"The key {keyId.Short} is revoked{(rule.Reason.Length > 0 ? ": " + rule.Reason : "")}.");
        }

        if (rule.NotAfterMs > 0 && hasEnded(rule.NotAfterMs))
        {
            return TrustErrors.KeyEnded.At($"The key {keyId.Short} ended {Time(rule.NotAfterMs)}.");
        }

        return rule.Models.Any(pattern => Covers(pattern, modelName))
            ? null
            : TrustErrors.KeyNotForModel.At($"The key {keyId.Short} may not sign '{modelName}'.");
    }
}
