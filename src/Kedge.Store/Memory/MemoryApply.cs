using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Manifests of many objects, in memory.</summary>
internal sealed class MemoryApply(MemoryEngine engine) : IApplyStore
{
    public ValueTask<ApplyOutcome> CommitAsync(
        TenantId tenant, ApplyBatch batch, CancellationToken cancellationToken)
    {
        StoreCheck.Batch(batch);
        return new(engine.Write(tenant, scope => Commit(scope, batch)));
    }

    private static ApplyOutcome Commit(MemoryScope scope, ApplyBatch batch)
    {
        ImmutableArray<ApplyResult>.Builder results = ImmutableArray.CreateBuilder<ApplyResult>(batch.Changes.Length);
        foreach (ApplyChange change in batch.Changes)
        {
            ApplyStep step = Apply(scope, change);
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

    private static ApplyStep Apply(MemoryScope scope, ApplyChange change) => change switch
    {
        ApplyChange.OfDeployment(var write) => ApplyMapping.Of(MemoryDeployments.Apply(scope, write)),
        ApplyChange.OfDevice(var write) => ApplyMapping.Of(MemoryDevices.Update(scope, write)),
        ApplyChange.OfTag(var move) => ApplyMapping.Of(MemoryPackages.MoveTag(scope, move)),
        ApplyChange.OfToken(var token) => ApplyMapping.Of(MemoryTokens.Create(scope, token), scope.NextRevision),
        ApplyChange.OfSite(var site) => new ApplyStep(MemorySites.Put(scope, site), ApplyRefusal.Unknown, ""),
        ApplyChange.OfTrust(var document) => PutTrust(scope, document),
        _ => throw Check.Unreachable(change),
    };

    private static ApplyStep PutTrust(MemoryScope scope, TrustRow document)
    {
        TrustRow? before = MemoryTrust.Latest(scope.Tenant, document.Kind);
        GenerationVerdict verdict = MemoryTrust.Put(scope, document);
        long revision = verdict == GenerationVerdict.Newer ? scope.NextRevision : before?.Revision ?? 0;
        return ApplyMapping.Of(verdict, before?.Version ?? 0, revision);
    }
}
