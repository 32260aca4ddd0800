using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Sites in a database.</summary>
internal sealed class SqlSites(IRelationalEngine engine) : ISiteStore
{
    private const string Select = """
        select name, spec_json, applied_at_ms, revision from sites where tenant = @tenant
        """;

    private const string FindOne = Select + " and name = @name";

    private const string ListAll = Select + " and name > @after order by name limit @rows_max";

    private const string Upsert = """
        insert into sites (tenant, name, spec_json, applied_at_ms, revision)
        values (@tenant, @name, @spec, @at, @revision)
        on conflict (tenant, name) do update set
            spec_json = excluded.spec_json, applied_at_ms = excluded.applied_at_ms, revision = excluded.revision
        """;

    private const string Delete = "delete from sites where tenant = @tenant and name = @name";

    public ValueTask<SiteRow?> FindAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => FindAsync(session, tenant, name), cancellationToken);

    public ValueTask<Page<SiteRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.PageAsync(ListAll, Read, rowsMax, ("tenant", tenant.ToString()), ("after", after ?? "")),
            cancellationToken);

    public ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        engine.WriteAsync(
            async scope =>
            {
                int gone = await scope.ExecuteAsync(Delete, ("tenant", tenant.ToString()), ("name", name))
                    .ConfigureAwait(false);
                if (gone > 0)
                {
                    scope.Mark();
                }

                return gone > 0;
            },
            cancellationToken);

    /// <summary>Keeps one.</summary>
    public static async ValueTask<ApplyResult> PutAsync(SqlScope scope, TenantId tenant, SiteRow site)
    {
        SiteRow? before = await FindAsync(scope, tenant, site.Name).ConfigureAwait(false);
        if (before?.SpecJson == site.SpecJson)
        {
            return new ApplyResult(ApplyVerdict.Unchanged, before.Revision, 0);
        }

        long revision = scope.Mark();
        await scope.ExecuteAsync(
            Upsert,
            ("tenant", tenant.ToString()), ("name", site.Name), ("spec", site.SpecJson), ("at", site.AppliedAtMs),
            ("revision", revision)).ConfigureAwait(false);
        return new ApplyResult(before is null ? ApplyVerdict.Created : ApplyVerdict.Updated, revision, 0);
    }

    private static ValueTask<SiteRow?> FindAsync(SqlSession session, TenantId tenant, string name) =>
        session.FirstAsync(FindOne, Read, ("tenant", tenant.ToString()), ("name", name));

    private static SiteRow Read(SqlRow row) => new()
    {
        Name = row.Text(),
        SpecJson = row.Text(),
        AppliedAtMs = row.NotNegative(),
        Revision = row.NotNegative(),
    };
}
