using System.Collections.Immutable;
using Kedge.Content.Trust;
using Kedge.Core;
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
    public static SigningPolicyDocument Apply(
        SigningPolicyDocument current,
        IReadOnlyList<string> allow,
        IReadOnlyList<string> revoke,
        (IReadOnlyList<string> Models, string Reason) how)
    {
        if (allow.Count + revoke.Count == 0)
        {
            throw new CliException(
                CliErrors.Usage, "say what changes: -f, --allow-key or --revoke-key", ExitCodes.Usage);
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
                Reason = how.Reason,
            });
        }

        return new SigningPolicyDocument { Version = current.Version + 1, Rules = rules };
    }

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
