using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kedge.Api.Resources;
using Kedge.Cli.Running;
using Kedge.Content.Trust;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Kinds;

/// <summary>The signing policy, of which a server has one, shown key by key.</summary>
internal static class SigningPolicyKind
{
    /// <summary>The policy's name in manifests.</summary>
    public const string Name = "models";

    public static ResourceKind Kind { get; } = new()
    {
        Singular = "signingpolicy",
        Plural = "signingpolicies",
        Aliases = ["policy", "policies"],
        Columns =
        [
            new("VERSION"), new("KEY"), new("MODELS"), new("REVOKED"), new("REASON"), new("ENDS"),
            new("PUBLIC KEY", IsWide: true),
        ],
        List = ListAsync,
    };

    /// <summary>The policy in the clear, read without checking who signed it: devices do that.</summary>
    public static SigningPolicyDocument Read(string envelope)
    {
        if (!Dsse.TryParse(Encoding.UTF8.GetBytes(envelope), out DsseEnvelope? parsed, out Finding? finding)
            || parsed is null)
        {
            throw new CliException(CliErrors.BadAnswer, finding?.Message ?? "no envelope", ExitCodes.Failed);
        }

        return SigningPolicyFormat.TryRead(
            parsed.Payload.Span, out SigningPolicyDocument? document, out ImmutableArray<Finding> findings)
            && document is not null
                ? document
                : throw new CliException(findings, ExitCodes.Failed);
    }

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        SigningPolicyResource policy = await session.Client.GetSigningPolicyAsync(ct).ConfigureAwait(false);
        if (policy.Document.Length == 0)
        {
            return [];
        }

        SigningPolicyDocument document = Read(policy.Document);
        if (query.IsWhole)
        {
            return [new Listed(Name, [], () => Whole(policy))];
        }

        return
        [
            .. document.Rules.Select(rule => new Listed(
                Name,
                [
                    document.Version.ToString(CultureInfo.InvariantCulture),
                    rule.KeyId.Short,
                    string.Join(',', rule.Models),
                    rule.Revoked ? "yes" : "no",
                    rule.Reason,
                    Ends(document, rule),
                    rule.PublicKey,
                ],
                () => Whole(policy))),
        ];
    }

    /// <summary>When the key signs nothing new any more: its own end or the policy's, whichever comes first.</summary>
    private static string Ends(SigningPolicyDocument policy, PolicyRule rule)
    {
        long endMs = policy.ExpiresAtMs == 0 ? rule.NotAfterMs
            : rule.NotAfterMs == 0 ? policy.ExpiresAtMs
            : Math.Min(policy.ExpiresAtMs, rule.NotAfterMs);
        return endMs == 0 ? "" : InstantText.Of(endMs);
    }

    private static JsonObject Whole(SigningPolicyResource policy) => ResourceObject.Of(
        ManifestKinds.SigningPolicy,
        Name,
        null,
        new JsonObject { ["envelope"] = policy.Document },
        new JsonObject { ["version"] = policy.Version, ["ownerKey"] = policy.OwnerKey });
}
