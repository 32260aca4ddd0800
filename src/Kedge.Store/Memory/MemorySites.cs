using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Sites in memory.</summary>
internal sealed class MemorySites(MemoryEngine engine) : ISiteStore
{
    public ValueTask<SiteRow?> FindAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Sites.GetValueOrDefault(name));

    public ValueTask<Page<SiteRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<SiteRow> rows = state.Of(tenant).Sites.Values
            .Where(s => after is null || string.CompareOrdinal(s.Name, after) > 0);
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, s => s.Name));
    }

    public ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Delete(scope, name)));

    /// <summary>Keeps one.</summary>
    public static ApplyResult Put(MemoryScope scope, SiteRow site)
    {
        SiteRow? before = scope.Tenant.Sites.GetValueOrDefault(site.Name);
        if (before?.SpecJson == site.SpecJson)
        {
            return new ApplyResult(ApplyVerdict.Unchanged, before.Revision, 0);
        }

        SiteRow kept = site with { Revision = scope.Mark() };
        scope.Tenant = scope.Tenant with { Sites = scope.Tenant.Sites.SetItem(site.Name, kept) };
        return new ApplyResult(before is null ? ApplyVerdict.Created : ApplyVerdict.Updated, kept.Revision, 0);
    }

    private static bool Delete(MemoryScope scope, string name)
    {
        if (!scope.Tenant.Sites.ContainsKey(name))
        {
            return false;
        }

        scope.Mark();
        scope.Tenant = scope.Tenant with { Sites = scope.Tenant.Sites.Remove(name) };
        return true;
    }
}
