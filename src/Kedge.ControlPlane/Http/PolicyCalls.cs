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

    /// <summary>The server's clock, for the ends of a policy and its keys.</summary>
    public static Func<long, bool> ClockOf(ServerScope server) => endMs => endMs <= server.NowMs;

    /// <summary>The signing policy that holds.</summary>
    public static async Task<SigningPolicyDocument> CurrentAsync(ServerScope server, CancellationToken ct)
    {
        TrustRow? row = await server.Store.Trust
            .LatestAsync(server.Tenant, TrustKind.SigningPolicy, ct).ConfigureAwait(false);
        OwnerChain owners = await OwnersAsync(server, ct).ConfigureAwait(false);
        return (row is null ? null : Owners.ByAny(owners, key =>
                SigningPolicyTrust.Judge(row.Envelope.AsSpan(), key, null) is PolicyOutcome.Newer(var policy, _)
                    ? policy
                    : null))
            ?? new SigningPolicyDocument { Version = 1, Rules = [] };
    }

    /// <summary>The owner keys of this server.</summary>
    public static Task<OwnerChain> OwnersAsync(ServerScope server, CancellationToken ct) =>
        Owners.ReadAsync(server.Store, server.Tenant, server.Keys.Owner, ct);

    /// <summary>
    /// Says which document an envelope holds and whether the owner signed it; null with findings when it may not hold.
    /// </summary>
    public static async Task<(TrustRow? Row, ImmutableArray<Finding> Findings)> JudgeAsync(Call call, byte[] envelope)
    {
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out Finding? finding) || parsed is null)
        {
            return (null, finding is null ? [] : [finding]);
        }

        OwnerChain owners = await OwnersAsync(call.Server, call.Aborted).ConfigureAwait(false);
        TrustedKey owner = owners.Current;
        ImmutableArray<Finding> findings;
        TrustKind kind;
        long version;
        if (parsed.PayloadType == OwnerKeyDocument.PayloadType)
        {
            kind = TrustKind.OwnerKey;
            (version, findings) = owners.Offer(Encoding.UTF8.GetString(envelope)) switch
            {
                OwnerOutcome.Newer newer => (newer.Chain.Version, []),

                // The store says the same of it as of the other documents: held already.
                OwnerOutcome.Known => (VersionOf(envelope), ImmutableArray<Finding>.Empty),
                OwnerOutcome.Conflict conflict => (0L, [conflict.Finding]),
                OwnerOutcome.Refused refused => (0L, [refused.Finding]),
                object other => throw Check.Unreachable(other),
            };
        }
        else if (parsed.PayloadType == DesiredKeys.PayloadType)
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

    private static long VersionOf(byte[] envelope) =>
        OwnerKeyDocument.TryOpen(envelope, out _, out _)?.Version ?? 0;

    private static async Task GetAsync(Call call)
    {
        OwnerChain owners = await OwnersAsync(call.Server, call.Aborted).ConfigureAwait(false);
        TrustRow? policy = await LatestAsync(call, TrustKind.SigningPolicy).ConfigureAwait(false);
        TrustRow? keys = await LatestAsync(call, TrustKind.DesiredKeys).ConfigureAwait(false);
        SigningPolicyResource resource = new()
        {
            Version = policy?.Version ?? 0,
            Document = Text(policy),
            DesiredKeysVersion = keys?.Version ?? 0,
            DesiredKeys = Text(keys),
            OwnerKey = owners.Current.PublicKey,
            OwnerVersion = owners.Version,
            OwnerKeys = [.. owners.Envelopes],
        };
        await call.ReplyAsync(resource, ApiJson.Default.SigningPolicyResource).ConfigureAwait(false);
    }

    private static async Task PutAsync(Call call)
    {
        SignedDocumentRequest request =
            await call.ReadAsync(ApiJson.Default.SignedDocumentRequest).ConfigureAwait(false);
        (TrustRow? row, ImmutableArray<Finding> findings) =
            await JudgeAsync(call, Encoding.UTF8.GetBytes(request.Document ?? "")).ConfigureAwait(false);
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
