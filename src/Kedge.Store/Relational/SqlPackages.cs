using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Packages in a database. Tags lie in <see cref="SqlTags"/>.</summary>
internal sealed class SqlPackages(IRelationalEngine engine) : IPackageStore
{
    private const int MissingShownMax = 100;

    private const string Select = """
        select revision, digest, name, bytes, chunk_count, created_at_ms from packages where tenant = @tenant
        """;

    private const string FindRow = Select + " and digest = @digest";

    private const string FindWhole = """
        select revision, digest, name, bytes, chunk_count, created_at_ms, envelope, manifest_json
        from packages where tenant = @tenant and digest = @digest
        """;

    private const string ListAll = Select + " and revision < @before order by revision desc limit @rows_max";

    private const string ListOfModel =
        Select + " and name = @name and revision < @before order by revision desc limit @rows_max";

    private const string ListModels = """
        select name, count(*), max(created_at_ms)
        from packages where tenant = @tenant and name > @after
        group by name order by name limit @rows_max
        """;

    private const string Insert = """
        insert into packages (
            tenant, digest, name, bytes, chunk_count, created_at_ms, revision, envelope, manifest_json)
        values (@tenant, @digest, @name, @bytes, @chunk_count, @created, @revision, @envelope, @manifest)
        """;

    private const string ListChunks = """
        select c.chunk, c.bytes
        from package_chunks c join packages p on p.tenant = c.tenant and p.revision = c.package_revision
        where p.tenant = @tenant and p.digest = @digest order by c.chunk
        """;

    private const string FirstReference = """
        select min(deployment) from deployment_packages where tenant = @tenant and digest = @digest
        having min(deployment) is not null
        """;

    private const string DeleteRows = """
        delete from package_chunks where tenant = @tenant and package_revision = @revision;
        delete from tags where tenant = @tenant and digest = @digest;
        delete from packages where tenant = @tenant and digest = @digest
        """;

    private readonly string _missingChunks = $"""
        select each.value from {engine.Dialect.EachText}
        where not exists (select 1 from chunks c where c.tenant = @tenant and c.digest = each.value)
        """;

    private readonly string _insertChunks = $"""
        insert into package_chunks (tenant, package_revision, chunk, bytes)
        select @tenant, @revision, each.value ->> 'd', cast(each.value ->> 'n' as bigint)
        from {engine.Dialect.EachObject}
        """;

    public ValueTask<PackageOutcome> PutAsync(
        TenantId tenant, PackageWrite write, CancellationToken cancellationToken)
    {
        StoreCheck.Package(write);
        return engine.WriteAsync(scope => PutAsync(scope, tenant, write), cancellationToken);
    }

    public ValueTask<PackageContent?> FindAsync(TenantId tenant, Digest digest, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.FirstAsync(
                FindWhole, ReadContent, ("tenant", tenant.ToString()), ("digest", digest.ToString())),
            cancellationToken);

    public ValueTask<Page<PackageRow>> ListAsync(
        TenantId tenant, string? name, long? beforeRevision, int rowsMax, CancellationToken cancellationToken)
    {
        (string Name, object Value)[] bounds =
            [("tenant", tenant.ToString()), ("before", beforeRevision ?? long.MaxValue)];
        return engine.ReadAsync(
            session => name is null
                ? session.PageAsync(ListAll, Read, rowsMax, bounds)
                : session.PageAsync(ListOfModel, Read, rowsMax, [.. bounds, ("name", name)]),
            cancellationToken);
    }

    public ValueTask<Page<ModelRow>> ListModelsAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => ListModelsAsync(session, tenant, after, rowsMax), cancellationToken);

    public ValueTask<PackageRow?> ResolveAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => await SqlTags.FindAsync(session, tenant, name, tag).ConfigureAwait(false) is { } held
                ? await FindRowAsync(session, tenant, held.Digest).ConfigureAwait(false)
                : null,
            cancellationToken);

    public ValueTask<ImmutableArray<ChunkRef>> ChunksAsync(
        TenantId tenant, Digest digest, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.ListAsync(
                ListChunks, row => new ChunkRef(row.Digest(), row.Count()),
                ("tenant", tenant.ToString()), ("digest", digest.ToString())),
            cancellationToken);

    public ValueTask<PackageDeletion> DeleteAsync(
        TenantId tenant, Digest digest, CancellationToken cancellationToken) =>
        engine.WriteAsync(scope => DeleteAsync(scope, tenant, digest), cancellationToken);

    public ValueTask<TagOutcome> MoveTagAsync(TenantId tenant, TagMove move, CancellationToken cancellationToken)
    {
        StoreCheck.Tag(move);
        return engine.WriteAsync(scope => SqlTags.MoveAsync(scope, tenant, move), cancellationToken);
    }

    public ValueTask<bool> DeleteTagAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken) =>
        engine.WriteAsync(scope => SqlTags.DeleteAsync(scope, tenant, name, tag), cancellationToken);

    public ValueTask<ImmutableArray<TagRow>> TagHistoryAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => SqlTags.HistoryAsync(session, tenant, name, tag), cancellationToken);

    public static ValueTask<PackageRow?> FindRowAsync(SqlSession session, TenantId tenant, Digest digest) =>
        session.FirstAsync(FindRow, Read, ("tenant", tenant.ToString()), ("digest", digest.ToString()));

    private async ValueTask<PackageOutcome> PutAsync(SqlScope scope, TenantId tenant, PackageWrite write)
    {
        PackageContent? held = await scope.FirstAsync(
            FindWhole, ReadContent, ("tenant", tenant.ToString()), ("digest", write.Digest.ToString()))
            .ConfigureAwait(false);
        if (held is not null)
        {
            return held.Envelope.AsSpan().SequenceEqual(write.Envelope.AsSpan())
                ? new PackageOutcome.AlreadyThere(held.Row)
                : new PackageOutcome.OtherEnvelope(held.Row);
        }

        ImmutableArray<Digest> missing = await MissingAsync(scope, tenant, write).ConfigureAwait(false);
        if (missing.Length > 0)
        {
            return new PackageOutcome.ChunksMissing(missing);
        }

        PackageRow row = StoreRules.PackageOf(write, scope.Mark());
        await scope.ExecuteAsync(
            Insert,
            ("tenant", tenant.ToString()), ("digest", row.Digest.ToString()), ("name", row.Name),
            ("bytes", row.Bytes), ("chunk_count", (long)row.ChunkCount), ("created", row.CreatedAtMs),
            ("revision", row.Revision), ("envelope", SqlBytes.Of(write.Envelope)),
            ("manifest", write.ManifestJson)).ConfigureAwait(false);
        await scope.ExecuteAsync(
            _insertChunks,
            ("tenant", tenant.ToString()), ("revision", row.Revision), ("rows", SqlJson.WriteChunks(write.Chunks)))
            .ConfigureAwait(false);
        return new PackageOutcome.Stored(row);
    }

    private async ValueTask<ImmutableArray<Digest>> MissingAsync(SqlScope scope, TenantId tenant, PackageWrite write)
    {
        ImmutableArray<string> missing = await scope.ListAsync(
            _missingChunks, row => row.Text(),
            ("tenant", tenant.ToString()), ("texts", SqlJson.WriteTexts(write.Chunks.Select(c => c.Digest.ToString()))))
            .ConfigureAwait(false);
        HashSet<string> set = [.. missing];
        return [.. write.Chunks.Select(c => c.Digest).Where(d => set.Contains(d.ToString())).Take(MissingShownMax)];
    }

    private static async ValueTask<Page<ModelRow>> ListModelsAsync(
        SqlSession session, TenantId tenant, string? after, int rowsMax)
    {
        Page<ModelRow> page = await session.PageAsync(
            ListModels, row => new ModelRow(row.Text(), row.Count(), row.NotNegative(), []), rowsMax,
            ("tenant", tenant.ToString()), ("after", after ?? "")).ConfigureAwait(false);
        ImmutableArray<ModelRow>.Builder models = ImmutableArray.CreateBuilder<ModelRow>(page.Items.Length);
        foreach (ModelRow model in page.Items)
        {
            ImmutableArray<TagRow> tags = await SqlTags.ListAsync(session, tenant, model.Name).ConfigureAwait(false);
            models.Add(model with { Tags = tags });
        }

        return page with { Items = models.ToImmutable() };
    }

    private static async ValueTask<PackageDeletion> DeleteAsync(SqlScope scope, TenantId tenant, Digest digest)
    {
        (string Name, object Value)[] key = [("tenant", tenant.ToString()), ("digest", digest.ToString())];
        long? revision = await scope.NumberAsync(
            "select revision from packages where tenant = @tenant and digest = @digest", key).ConfigureAwait(false);
        if (revision is null)
        {
            return new PackageDeletion.NotFound();
        }

        string? reference = await scope.FirstAsync(FirstReference, row => row.Text(), key).ConfigureAwait(false);
        if (reference is not null)
        {
            return new PackageDeletion.Referenced(new DeploymentId(reference));
        }

        scope.Mark();
        await scope.ExecuteAsync(DeleteRows, [.. key, ("revision", revision.Value)]).ConfigureAwait(false);
        return new PackageDeletion.Deleted();
    }

    private static PackageContent ReadContent(SqlRow row) => new(Read(row), row.Bytes(), row.Text());

    private static PackageRow Read(SqlRow row) => new()
    {
        Revision = row.NotNegative(),
        Digest = row.Digest(),
        Name = row.Text(),
        Bytes = row.NotNegative(),
        ChunkCount = row.Count(),
        CreatedAtMs = row.NotNegative(),
    };
}
