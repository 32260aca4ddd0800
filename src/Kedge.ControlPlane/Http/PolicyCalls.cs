using System.Collections.Immutable;
using System.Text;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about the documents that the owner signs. The server checks them; it cannot make them.</summary>
internal static class PolicyCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/signingpolicies", Access.Viewer, "The documents that the owner signed.", GetAsync),
        new("PUT", "/api/v1/signingpolicies", Access.Admin, "Replaces one by a newer signed one.", PutAsync),
    ];

    /// <summary>The signing policy that holds.</summary>
    public static async Task<SigningPolicyDocument> CurrentAsync(ServerScope server, CancellationToken ct)
    {
        TrustRow? row = await server.Store.Trust
            .LatestAsync(server.Tenant, TrustKind.SigningPolicy, ct).ConfigureAwait(false);
        return row is not null
            && SigningPolicyTrust.Judge(
                row.Envelope.AsSpan(), server.Keys.Owner, null) is PolicyOutcome.Newer(var policy, _)
            ? policy
            : new SigningPolicyDocument { Version = 1, Rules = [] };
    }

    /// <summary>
    /// Says which document an envelope holds and whether the owner signed it; null with findings when it may not hold.
    /// </summary>
    public static (TrustRow? Row, ImmutableArray<Finding> Findings) Judge(Call call, byte[] envelope)
    {
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out Finding? finding) || parsed is null)
        {
            return (null, finding is null ? [] : [finding]);
        }

        TrustedKey owner = call.Server.Keys.Owner;
        ImmutableArray<Finding> findings;
        TrustKind kind;
        long version = 0;
        if (parsed.PayloadType == DesiredKeys.PayloadType)
        {
            kind = TrustKind.DesiredKeys;
            DesiredKeys? keys = DesiredKeys.TryRead(envelope, owner, out findings);
            version = keys?.Version ?? 0;
        }
        else
        {
            kind = TrustKind.SigningPolicy;
            PolicyOutcome outcome = SigningPolicyTrust.Judge(envelope, owner, held: null);
            findings = outcome is PolicyOutcome.Refused(var refused) ? refused : [];
            version = outcome is PolicyOutcome.Newer(var policy, _) ? policy.Version : 0;
        }

        if (version == 0)
        {
            return (null, findings);
        }

        return (new TrustRow
        {
            Kind = kind,
            Version = version,
            Content = Digest.Of(parsed.Payload.Span),
            Envelope = [.. envelope],
            AtMs = call.Server.NowMs,
        }, []);
    }

    private static async Task GetAsync(Call call)
    {
        TrustRow? policy = await LatestAsync(call, TrustKind.SigningPolicy).ConfigureAwait(false);
        TrustRow? keys = await LatestAsync(call, TrustKind.DesiredKeys).ConfigureAwait(false);
        SigningPolicyResource resource = new()
        {
            Version = policy?.Version ?? 0,
            Document = Text(policy),
            DesiredKeysVersion = keys?.Version ?? 0,
            DesiredKeys = Text(keys),
            OwnerKey = call.Server.Keys.Owner.PublicKey,
        };
        await call.ReplyAsync(resource, ApiJson.Default.SigningPolicyResource).ConfigureAwait(false);
    }

    private static async Task PutAsync(Call call)
    {
        SignedDocumentRequest request =
            await call.ReadAsync(ApiJson.Default.SignedDocumentRequest).ConfigureAwait(false);
        (TrustRow? row, ImmutableArray<Finding> findings) =
            Judge(call, Encoding.UTF8.GetBytes(request.Document ?? ""));
        if (row is null)
        {
            throw new CallRefused(422, ApiErrors.DocumentRefused.At("the owner did not sign this document"), findings);
        }

        GenerationVerdict verdict =
            await call.Server.Store.Trust.PutAsync(call.Tenant, row, call.Aborted).ConfigureAwait(false);
        switch (verdict)
        {
            case GenerationVerdict.Newer or GenerationVerdict.Same:
                await GetAsync(call).ConfigureAwait(false);
                return;
            case GenerationVerdict.Stale:
                throw new CallRefused(
                    409, ApiErrors.DocumentRefused.At($"version {row.Version} is older than what holds"));
            case GenerationVerdict.Conflict:
                throw new CallRefused(
                    409, ApiErrors.DocumentRefused.At($"version {row.Version} holds with other content"));
            case GenerationVerdict.Unknown:
            default:
                throw Check.Unreachable(verdict);
        }
    }

    private static ValueTask<TrustRow?> LatestAsync(Call call, TrustKind kind) =>
        call.Server.Store.Trust.LatestAsync(call.Tenant, kind, call.Aborted);

    private static string Text(TrustRow? row) => row is null ? "" : Encoding.UTF8.GetString(row.Envelope.AsSpan());
}
