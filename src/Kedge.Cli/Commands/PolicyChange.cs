using System.Collections.Immutable;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary>Makes the next version of a signing policy.</summary>
internal static class PolicyChange
{
    private const int KeyDigitsMin = 8;

    /// <summary>The policy with some keys more and some revoked, one version on.</summary>
    /// <param name="current">What counts now.</param>
    /// <param name="allow">Files of public keys.</param>
    /// <param name="revoke">Ids of keys, or their beginnings.</param>
    /// <param name="how">Models that allowed keys may sign, all when there are none; and the reason.</param>
    /// <param name="ends">When the policy expires, null for as before; when allowed keys end.</param>
    public static SigningPolicyDocument Apply(
        SigningPolicyDocument current,
        IReadOnlyList<string> allow,
        IReadOnlyList<string> revoke,
        (IReadOnlyList<string> Models, string Reason) how,
        (long? ExpiresAtMs, long KeyEndsAtMs) ends)
    {
        if (allow.Count + revoke.Count == 0 && ends.ExpiresAtMs is null)
        {
            throw new CliException(
                CliErrors.Usage, "say what changes: -f, --allow-key, --revoke-key or --expires", ExitCodes.Usage);
        }

        ImmutableArray<PolicyRule> rules = current.Rules;
        foreach (string id in revoke)
        {
            PolicyRule rule = FindKey(rules, known => known.KeyId, id);
            string reason = how.Reason.Length > 0 ? how.Reason : rule.Reason;
            rules = rules.Replace(rule, rule with { Revoked = true, Reason = reason });
        }

        ImmutableArray<string> models =
            how.Models.Count > 0 ? [.. how.Models.SelectMany(text => text.Split(','))] : ["*"];
        foreach (string file in allow)
        {
            TrustedKey key = ReadKey(file);
            if (rules.FirstOrDefault(rule => rule.KeyId == key.KeyId) is PolicyRule old)
            {
                rules = rules.Remove(old);
            }

            rules = rules.Add(new PolicyRule
            {
                KeyId = key.KeyId,
                PublicKey = key.PublicKey,
                Models = models,
                NotAfterMs = ends.KeyEndsAtMs,
                Reason = how.Reason,
            });
        }

        return new SigningPolicyDocument
        {
            Version = current.Version + 1,
            ExpiresAtMs = ends.ExpiresAtMs ?? current.ExpiresAtMs,
            Rules = rules,
        };
    }

    /// <summary>A time from the command line, Unix milliseconds: 0 for never; null when it is left out.</summary>
    /// <param name="text">A time from now, a point in time, or never.</param>
    /// <param name="nowMs">Now.</param>
    /// <param name="option">The option, for the message.</param>
    public static long? Time(string text, long nowMs, string option) => text switch
    {
        "" => null,
        "never" => 0,
        _ when Lifetime.TryParse(text, out TimeSpan span) && span > TimeSpan.Zero =>
            (nowMs / 1_000 * 1_000) + (long)span.TotalMilliseconds,
        _ when InstantText.TryParse(text, out long ms) && ms > nowMs => ms,
        _ => throw new CliException(
            CliErrors.Usage,
            $"{option} {text} is no time to come; write it as 180d, 2027-06-01T00:00:00Z or never",
            ExitCodes.Usage),
    };

    /// <summary>
    /// The one item whose key has this id, or an id that begins so; ends the command when it is not one.
    /// </summary>
    public static T FindKey<T>(IEnumerable<T> items, Func<T, Digest> keyOf, string id)
    {
        string digits = id.StartsWith("sha256:", StringComparison.Ordinal) ? id["sha256:".Length..] : id;
        T[] found = digits.Length < KeyDigitsMin
            ? []
            : [.. items.Where(item => keyOf(item).Hex.StartsWith(digits, StringComparison.Ordinal))];
        return found.Length == 1
            ? found[0]
            : throw new CliException(
                CliErrors.Policy,
                found.Length == 0
                    ? $"there is no key {id}; give at least {KeyDigitsMin} of its digits"
                    : $"more than one key begins with {id}",
                ExitCodes.NotFound);
    }

    private static TrustedKey ReadKey(string path) =>
        TrustedKey.TryParsePem(File.ReadAllText(path), out TrustedKey? key)
            ? key
            : throw new CliException(CliErrors.BadKey, $"{path} is no public key on P-256 in PEM", ExitCodes.Refused);
}
