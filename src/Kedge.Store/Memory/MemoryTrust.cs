using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Trust documents in memory.</summary>
internal sealed class MemoryTrust(MemoryEngine engine) : ITrustStore
{
    public ValueTask<GenerationVerdict> PutAsync(
        TenantId tenant, TrustRow document, CancellationToken cancellationToken)
    {
        StoreCheck.Trust(document);
        return new(engine.Write(tenant, scope => Put(scope, document)));
    }

    public ValueTask<TrustRow?> LatestAsync(TenantId tenant, TrustKind kind, CancellationToken cancellationToken) =>
        new(Latest(engine.Read(tenant), kind));

    public ValueTask<TrustRow?> FindAsync(
        TenantId tenant, TrustKind kind, long version, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Trust.GetValueOrDefault((kind, version)));

    public ValueTask<ImmutableArray<TrustRow>> ListAsync(
        TenantId tenant, TrustKind kind, CancellationToken cancellationToken) =>
        new([.. engine.Read(tenant).Trust.Values.Where(t => t.Kind == kind).Reverse().Take(StoreLimits.PageRowsMax)]);

    public static GenerationVerdict Put(MemoryScope scope, TrustRow document)
    {
        GenerationVerdict verdict = StoreRules.JudgeTrust(Latest(scope.Tenant, document.Kind), document);
        if (verdict == GenerationVerdict.Newer)
        {
            TrustRow row = document with { Revision = scope.Mark() };
            scope.Tenant = scope.Tenant with { Trust = scope.Tenant.Trust.Add((row.Kind, row.Version), row) };
        }

        return verdict;
    }

    public static TrustRow? Latest(TenantState tenant, TrustKind kind) =>
        tenant.Trust.Values.LastOrDefault(t => t.Kind == kind);
}
