using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Manifests of many objects, in a database.</summary>
internal sealed class SqlApply(IRelationalEngine engine) : IApplyStore
{
    public ValueTask<ApplyOutcome> CommitAsync(
        TenantId tenant, ApplyBatch batch, CancellationToken cancellationToken)
    {
        StoreCheck.Batch(batch);
        return engine.WriteAsync(scope => CommitAsync(scope, tenant, batch), cancellationToken);
    }

    private static async ValueTask<ApplyOutcome> CommitAsync(SqlScope scope, TenantId tenant, ApplyBatch batch)
    {
        ImmutableArray<ApplyResult>.Builder results = ImmutableArray.CreateBuilder<ApplyResult>(batch.Changes.Length);
        foreach (ApplyChange change in batch.Changes)
        {
            ApplyStep step = await ApplyAsync(scope, tenant, change).ConfigureAwait(false);
            if (step.Result is null)
            {
                scope.GiveUp();
                return new ApplyOutcome.Refused(results.Count, step.Refusal, step.Held);
            }

            results.Add(step.Result);
        }

        if (batch.DryRun)
        {
            scope.GiveUp();
        }

        return new ApplyOutcome.Committed(
            scope.IsMarked ? scope.NextRevision : scope.NextRevision - 1, results.ToImmutable());
    }

    private static async ValueTask<ApplyStep> ApplyAsync(SqlScope scope, TenantId tenant, ApplyChange change) =>
        change switch
        {
            ApplyChange.OfDeployment(var write) =>
                ApplyMapping.Of(await SqlDeployments.ApplyAsync(scope, tenant, write).ConfigureAwait(false)),
            ApplyChange.OfDevice(var write) =>
                ApplyMapping.Of(await SqlDevices.UpdateAsync(scope, tenant, write).ConfigureAwait(false)),
            ApplyChange.OfTag(var move) =>
                ApplyMapping.Of(await SqlTags.MoveAsync(scope, tenant, move).ConfigureAwait(false)),
            ApplyChange.OfToken(var token) => ApplyMapping.Of(
                await SqlTokens.CreateAsync(scope, tenant, token).ConfigureAwait(false), scope.NextRevision),
            ApplyChange.OfSite(var site) => new ApplyStep(
                await SqlSites.PutAsync(scope, tenant, site).ConfigureAwait(false), ApplyRefusal.Unknown, ""),
            ApplyChange.OfTrust(var document) => await PutTrustAsync(scope, tenant, document).ConfigureAwait(false),
            _ => throw Check.Unreachable(change),
        };

    private static async ValueTask<ApplyStep> PutTrustAsync(SqlScope scope, TenantId tenant, TrustRow document)
    {
        (GenerationVerdict verdict, TrustRow? before) =
            await SqlTrust.PutAsync(scope, tenant, document).ConfigureAwait(false);
        long revision = verdict == GenerationVerdict.Newer ? scope.NextRevision : before?.Revision ?? 0;
        return ApplyMapping.Of(verdict, before?.Version ?? 0, revision);
    }
}
