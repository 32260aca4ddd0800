using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>The chunk index in a database.</summary>
internal sealed class SqlChunks(IRelationalEngine engine) : IChunkIndex
{
    private const string FindOne = "select bytes from chunks where tenant = @tenant and digest = @digest";

    private const string CountPackages = """
        select count(*) from package_chunks where tenant = @tenant and chunk = @digest
        """;

    private const string Unused = """
        c.tenant = @tenant and c.touched_at_ms < @since
        and not exists (select 1 from package_chunks p where p.tenant = c.tenant and p.chunk = c.digest)
        """;

    private const string ListUnused =
        $"select c.digest, c.bytes from chunks c where {Unused} and c.digest > @after order by c.digest limit @max";

    private readonly string _add = $"""
        insert into chunks (tenant, digest, bytes, touched_at_ms)
        select @tenant, each.value ->> 'd', cast(each.value ->> 'n' as bigint), @at
        from {engine.Dialect.EachObject} where true
        on conflict (tenant, digest) do update set touched_at_ms = excluded.touched_at_ms
        where chunks.touched_at_ms < excluded.touched_at_ms
        """;

    private readonly string _present = $"""
        select c.digest from chunks c
        where c.tenant = @tenant and c.digest in (select each.value from {engine.Dialect.EachText})
        """;

    private readonly string _isInAny = $"""
        select 1 from packages p
        join package_chunks c on c.tenant = p.tenant and c.package_revision = p.revision
        where p.tenant = @tenant and c.chunk = @digest
        and p.digest in (select each.value from {engine.Dialect.EachText})
        limit 1
        """;

    private readonly string _remove = $"""
        delete from chunks as c where {Unused} and c.digest in (select each.value from {engine.Dialect.EachText})
        returning digest
        """;

    public async ValueTask AddAsync(
        TenantId tenant, IReadOnlyList<ChunkRef> chunks, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        string rows = SqlJson.WriteChunks(chunks.DistinctBy(c => c.Digest));
        await engine.WriteAsync(
            scope => scope.ExecuteAsync(_add, ("tenant", tenant.ToString()), ("rows", rows), ("at", atMs)),
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int?> FindAsync(TenantId tenant, Digest chunk, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => (int?)await session.NumberAsync(
                FindOne, ("tenant", tenant.ToString()), ("digest", chunk.ToString())).ConfigureAwait(false),
            cancellationToken);

    public async ValueTask<ImmutableArray<Digest>> MissingAsync(
        TenantId tenant, IReadOnlyList<Digest> chunks, CancellationToken cancellationToken)
    {
        Check.That(chunks.Count <= StoreLimits.ChunkQueryMax);
        ImmutableArray<string> present = await engine.ReadAsync(
            session => session.ListAsync(
                _present, row => row.Text(), ("tenant", tenant.ToString()), ("texts", Texts(chunks))),
            cancellationToken).ConfigureAwait(false);
        HashSet<string> there = [.. present];
        return [.. chunks.Where(d => !there.Contains(d.ToString()))];
    }

    public ValueTask<bool> IsInAnyAsync(
        TenantId tenant, Digest chunk, IReadOnlyList<Digest> packages, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => await session.NumberAsync(
                _isInAny, ("tenant", tenant.ToString()), ("digest", chunk.ToString()), ("texts", Texts(packages)))
                .ConfigureAwait(false) is not null,
            cancellationToken);

    public ValueTask<int> CountPackagesAsync(TenantId tenant, Digest chunk, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => (int)(await session.NumberAsync(
                CountPackages, ("tenant", tenant.ToString()), ("digest", chunk.ToString())).ConfigureAwait(false) ?? 0),
            cancellationToken);

    public ValueTask<ImmutableArray<ChunkRef>> ListUnusedAsync(
        TenantId tenant, long untouchedSinceMs, Digest after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        return engine.ReadAsync(
            session => session.ListAsync(
                ListUnused, row => new ChunkRef(row.Digest(), row.Count()),
                ("tenant", tenant.ToString()), ("since", untouchedSinceMs), ("after", after.ToString()),
                ("max", (long)rowsMax)),
            cancellationToken);
    }

    public async ValueTask<ImmutableArray<Digest>> RemoveUnusedAsync(
        TenantId tenant, IReadOnlyList<Digest> chunks, long untouchedSinceMs, CancellationToken cancellationToken)
    {
        Check.That(chunks.Count <= StoreLimits.ChunkQueryMax);
        ImmutableArray<string> gone = await engine.WriteAsync(
            scope => scope.ListAsync(
                _remove, row => row.Text(),
                ("tenant", tenant.ToString()), ("since", untouchedSinceMs), ("texts", Texts(chunks))),
            cancellationToken).ConfigureAwait(false);
        HashSet<string> set = [.. gone];
        return [.. chunks.Distinct().Where(d => set.Contains(d.ToString()))];
    }

    private static string Texts(IEnumerable<Digest> digests) => SqlJson.WriteTexts(digests.Select(d => d.ToString()));
}
