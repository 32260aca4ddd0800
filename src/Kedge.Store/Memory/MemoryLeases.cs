using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Leases in memory.</summary>
internal sealed class MemoryLeases(MemoryEngine engine) : ILeaseStore
{
    public ValueTask<LeaseOutcome> AcquireAsync(
        TenantId tenant, LeaseClaim claim, CancellationToken cancellationToken)
    {
        StoreCheck.Claim(claim);
        return new(engine.Write(tenant, scope => Acquire(scope, claim)));
    }

    public ValueTask<bool> ReleaseAsync(
        TenantId tenant, string name, string holder, CancellationToken cancellationToken)
    {
        StoreCheck.Word(holder);
        return new(engine.Write(tenant, scope => Release(scope, name, holder)));
    }

    private static LeaseOutcome Acquire(MemoryScope scope, LeaseClaim claim)
    {
        LeaseRow? held = scope.Tenant.Leases.GetValueOrDefault(claim.Name);
        if (StoreRules.Claim(held, claim) is { } row)
        {
            Save(scope, row);
            return new LeaseOutcome.Held(row.Term);
        }

        Check.That(held is not null);
        return new LeaseOutcome.HeldByOther(held.Holder, held.ExpiresAtMs);
    }

    private static bool Release(MemoryScope scope, string name, string holder)
    {
        LeaseRow? held = scope.Tenant.Leases.GetValueOrDefault(name);
        if (held is null || held.Holder != holder)
        {
            return false;
        }

        Save(scope, held with { Holder = "", ExpiresAtMs = 0 });
        return true;
    }

    private static void Save(MemoryScope scope, LeaseRow row) =>
        scope.Tenant = scope.Tenant with { Leases = scope.Tenant.Leases.SetItem(row.Name, row) };
}
