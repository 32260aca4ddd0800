using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Deployments in a database.</summary>
internal sealed class SqlDeployments(IRelationalEngine engine) : IDeploymentStore
{
    private const string Select = """
        select deployment, revision, spec_revision, spec_json, created_at_ms, applied_at_ms, cause, deleted_at_ms
        from deployments where tenant = @tenant
        """;

    private const string FindOne = Select + " and deployment = @deployment";

    private const string ListAll = Select + " and deployment > @after order by deployment limit @rows_max";

    private const string SelectRevision = """
        select r.deployment, r.spec_revision, r.spec_json, r.applied_at_ms, r.cause, coalesce(p.digest, '')
        from deployment_revisions r
        left join deployment_packages p
            on p.tenant = r.tenant and p.deployment = r.deployment and p.spec_revision = r.spec_revision
        where r.tenant = @tenant and r.deployment = @deployment
        """;

    private const string History = SelectRevision + " order by r.spec_revision desc, p.digest";

    private const string FindRevision = SelectRevision + " and r.spec_revision = @spec_revision order by p.digest";

    private const string Upsert = """
        insert into deployments (
            tenant, deployment, revision, spec_revision, spec_json, created_at_ms, applied_at_ms, cause, deleted_at_ms)
        values (@tenant, @deployment, @revision, @spec_revision, @spec, @created, @applied, @cause, @deleted)
        on conflict (tenant, deployment) do update set
            revision = excluded.revision, spec_revision = excluded.spec_revision, spec_json = excluded.spec_json,
            applied_at_ms = excluded.applied_at_ms, cause = excluded.cause, deleted_at_ms = excluded.deleted_at_ms
        """;

    private const string InsertRevision = """
        insert into deployment_revisions (tenant, deployment, spec_revision, spec_json, applied_at_ms, cause)
        values (@tenant, @deployment, @spec_revision, @spec, @applied, @cause)
        """;

    private const string InsertPackage = """
        insert into deployment_packages (tenant, digest, deployment, spec_revision)
        values (@tenant, @digest, @deployment, @spec_revision)
        """;

    private const string Trim = """
        delete from deployment_packages
        where tenant = @tenant and deployment = @deployment and spec_revision <= @oldest;
        delete from deployment_revisions
        where tenant = @tenant and deployment = @deployment and spec_revision <= @oldest
        """;

    private const string DeleteRow = "delete from deployments where tenant = @tenant and deployment = @deployment";

    private const string HasPackage = "select 1 from packages where tenant = @tenant and digest = @digest";

    public ValueTask<DeploymentOutcome> ApplyAsync(
        TenantId tenant, DeploymentWrite write, CancellationToken cancellationToken)
    {
        StoreCheck.Deployment(write);
        return engine.WriteAsync(scope => ApplyAsync(scope, tenant, write), cancellationToken);
    }

    public ValueTask<DeploymentRow?> FindAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => FindAsync(session, tenant, id), cancellationToken);

    public ValueTask<Page<DeploymentRow>> ListAsync(
        TenantId tenant, DeploymentId? after, int rowsMax, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.PageAsync(
                ListAll, Read, rowsMax, ("tenant", tenant.ToString()), ("after", after?.ToString() ?? "")),
            cancellationToken);

    public ValueTask<ImmutableArray<DeploymentRevisionRow>> HistoryAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => Folded(await session.ListAsync(
                History, ReadRevision, ("tenant", tenant.ToString()), ("deployment", id.ToString()))
                .ConfigureAwait(false)),
            cancellationToken);

    public ValueTask<DeploymentRevisionRow?> FindRevisionAsync(
        TenantId tenant, DeploymentId id, long specRevision, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => Folded(await session.ListAsync(
                FindRevision, ReadRevision,
                ("tenant", tenant.ToString()), ("deployment", id.ToString()), ("spec_revision", specRevision))
                .ConfigureAwait(false)).FirstOrDefault(),
            cancellationToken);

    public ValueTask<CasOutcome> DeleteAsync(
        TenantId tenant, DeploymentId id, long? expectedRevision, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(scope => DeleteAsync(scope, tenant, (id, expectedRevision), atMs), cancellationToken);
    }

    public ValueTask<CasOutcome> RemoveAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        engine.WriteAsync(scope => RemoveAsync(scope, tenant, id), cancellationToken);

    public static async ValueTask<DeploymentOutcome> ApplyAsync(
        SqlScope scope, TenantId tenant, DeploymentWrite write)
    {
        DeploymentRow? held = await FindAsync(scope, tenant, write.Id).ConfigureAwait(false);
        if (StoreRules.JudgeDeployment(held, write) is { } answer)
        {
            return answer;
        }

        foreach (Digest package in write.Packages)
        {
            long? there = await scope.NumberAsync(
                HasPackage, ("tenant", tenant.ToString()), ("digest", package.ToString())).ConfigureAwait(false);
            if (there is null)
            {
                return new DeploymentOutcome.PackageMissing(package);
            }
        }

        DeploymentRow row = StoreRules.NextDeployment(held, write, scope.Mark());
        await SaveAsync(scope, tenant, row).ConfigureAwait(false);
        await KeepAsync(scope, tenant, row, write.Packages).ConfigureAwait(false);
        return held is null ? new DeploymentOutcome.Created(row) : new DeploymentOutcome.Updated(row);
    }

    private static async ValueTask KeepAsync(
        SqlScope scope, TenantId tenant, DeploymentRow row, ImmutableArray<Digest> packages)
    {
        await scope.ExecuteAsync(
            InsertRevision,
            ("tenant", tenant.ToString()), ("deployment", row.Id.ToString()), ("spec_revision", row.SpecRevision),
            ("spec", row.SpecJson), ("applied", row.AppliedAtMs), ("cause", row.Cause)).ConfigureAwait(false);
        foreach (Digest package in packages.Distinct())
        {
            await scope.ExecuteAsync(
                InsertPackage,
                ("tenant", tenant.ToString()), ("digest", package.ToString()), ("deployment", row.Id.ToString()),
                ("spec_revision", row.SpecRevision)).ConfigureAwait(false);
        }

        await TrimAsync(scope, tenant, row.Id, row.SpecRevision - StoreLimits.DeploymentHistoryMax)
            .ConfigureAwait(false);
    }

    private static async ValueTask TrimAsync(SqlScope scope, TenantId tenant, DeploymentId id, long oldest) =>
        await scope.ExecuteAsync(
            Trim, ("tenant", tenant.ToString()), ("deployment", id.ToString()), ("oldest", oldest))
            .ConfigureAwait(false);

    private static async ValueTask<CasOutcome> DeleteAsync(
        SqlScope scope, TenantId tenant, (DeploymentId Id, long? Expected) wanted, long atMs)
    {
        DeploymentRow? held = await FindAsync(scope, tenant, wanted.Id).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (wanted.Expected is { } expected && expected != held.Revision)
        {
            return new CasOutcome.Conflict(held.Revision);
        }

        if (held.DeletedAtMs != 0)
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        DeploymentRow row = held with { DeletedAtMs = Math.Max(1, atMs), Revision = scope.Mark() };
        await SaveAsync(scope, tenant, row).ConfigureAwait(false);
        return new CasOutcome.Done(row.Revision);
    }

    private static async ValueTask<CasOutcome> RemoveAsync(SqlScope scope, TenantId tenant, DeploymentId id)
    {
        DeploymentRow? held = await FindAsync(scope, tenant, id).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (held.DeletedAtMs == 0)
        {
            return new CasOutcome.Conflict(held.Revision);
        }

        await TrimAsync(scope, tenant, id, long.MaxValue).ConfigureAwait(false);
        await SqlRollouts.RemoveAsync(scope, tenant, id).ConfigureAwait(false);
        await SqlFigures.RemoveAsync(scope, tenant, id).ConfigureAwait(false);
        await scope.ExecuteAsync(DeleteRow, ("tenant", tenant.ToString()), ("deployment", id.ToString()))
            .ConfigureAwait(false);
        return new CasOutcome.Done(scope.Mark());
    }

    private static ValueTask<DeploymentRow?> FindAsync(SqlSession session, TenantId tenant, DeploymentId id) =>
        session.FirstAsync(FindOne, Read, ("tenant", tenant.ToString()), ("deployment", id.ToString()));

    private static async ValueTask SaveAsync(SqlScope scope, TenantId tenant, DeploymentRow row) =>
        await scope.ExecuteAsync(
            Upsert,
            ("tenant", tenant.ToString()), ("deployment", row.Id.ToString()), ("revision", row.Revision),
            ("spec_revision", row.SpecRevision), ("spec", row.SpecJson), ("created", row.CreatedAtMs),
            ("applied", row.AppliedAtMs), ("cause", row.Cause), ("deleted", row.DeletedAtMs)).ConfigureAwait(false);

    private static DeploymentRow Read(SqlRow row) => new()
    {
        Id = row.Deployment(),
        Revision = row.NotNegative(),
        SpecRevision = row.NotNegative(),
        SpecJson = row.Text(),
        CreatedAtMs = row.NotNegative(),
        AppliedAtMs = row.NotNegative(),
        Cause = row.Text(),
        DeletedAtMs = row.NotNegative(),
    };

    /// <summary>One row for each package of a revision; they are folded into one afterwards.</summary>
    private static DeploymentRevisionRow ReadRevision(SqlRow row) => new()
    {
        Id = row.Deployment(),
        SpecRevision = row.NotNegative(),
        SpecJson = row.Text(),
        AppliedAtMs = row.NotNegative(),
        Cause = row.Text(),
        Packages = row.DigestOrNone() is { IsNone: false } digest ? [digest] : [],
    };

    private static ImmutableArray<DeploymentRevisionRow> Folded(ImmutableArray<DeploymentRevisionRow> rows) =>
        [.. rows.GroupBy(r => r.SpecRevision)
            .Select(g => g.First() with { Packages = [.. g.SelectMany(r => r.Packages)] })];
}
