using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>The chunk index in memory.</summary>
internal sealed class MemoryChunks(MemoryEngine engine) : IChunkIndex
{
    public ValueTask AddAsync(
        TenantId tenant, IReadOnlyList<ChunkRef> chunks, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        engine.Write(tenant, scope => Add(scope, chunks, atMs));
        return ValueTask.CompletedTask;
    }

    public ValueTask<int?> FindAsync(TenantId tenant, Digest chunk, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Chunks.TryGetValue(chunk, out StoredChunk? held) ? held.Ref.Bytes : null);

    public ValueTask<ImmutableArray<Digest>> MissingAsync(
        TenantId tenant, IReadOnlyList<Digest> chunks, CancellationToken cancellationToken)
    {
        Check.That(chunks.Count <= StoreLimits.ChunkQueryMax);
        TenantState state = engine.Read(tenant);
        return new([.. chunks.Where(d => !state.Chunks.ContainsKey(d))]);
    }

    public ValueTask<bool> IsInAnyAsync(
        TenantId tenant, Digest chunk, IReadOnlyList<Digest> packages, CancellationToken cancellationToken)
    {
        TenantState state = engine.Read(tenant);
        return new(packages.Any(p =>
            state.Packages.TryGetValue(p, out StoredPackage? held) && held.Write.Chunks.Any(c => c.Digest == chunk)));
    }

    public ValueTask<int> CountPackagesAsync(TenantId tenant, Digest chunk, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Chunks.GetValueOrDefault(chunk)?.PackageCount ?? 0);

    public ValueTask<ImmutableArray<ChunkRef>> ListUnusedAsync(
        TenantId tenant, long untouchedSinceMs, Digest after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        return new([.. engine.Read(tenant).Chunks.Values
            .Where(c => IsUnused(c, untouchedSinceMs) && c.Ref.Digest.CompareTo(after) > 0)
            .Select(c => c.Ref).Take(rowsMax)]);
    }

    public ValueTask<ImmutableArray<Digest>> RemoveUnusedAsync(
        TenantId tenant, IReadOnlyList<Digest> chunks, long untouchedSinceMs, CancellationToken cancellationToken)
    {
        Check.That(chunks.Count <= StoreLimits.ChunkQueryMax);
        return new(engine.Write(tenant, scope => Remove(scope, chunks, untouchedSinceMs)));
    }

    private static bool Add(MemoryScope scope, IReadOnlyList<ChunkRef> chunks, long atMs)
    {
        ImmutableSortedDictionary<Digest, StoredChunk>.Builder held = scope.Tenant.Chunks.ToBuilder();
        foreach (ChunkRef chunk in chunks)
        {
            held[chunk.Digest] = held.TryGetValue(chunk.Digest, out StoredChunk? old)
                ? old with { TouchedAtMs = Math.Max(old.TouchedAtMs, atMs) }
                : new StoredChunk(chunk, atMs, 0);
        }

        scope.Tenant = scope.Tenant with { Chunks = held.ToImmutable() };
        return true;
    }

    private static ImmutableArray<Digest> Remove(
        MemoryScope scope, IReadOnlyList<Digest> chunks, long untouchedSinceMs)
    {
        ImmutableArray<Digest> gone = [.. chunks.Distinct().Where(d =>
            scope.Tenant.Chunks.TryGetValue(d, out StoredChunk? held) && IsUnused(held, untouchedSinceMs))];
        scope.Tenant = scope.Tenant with { Chunks = scope.Tenant.Chunks.RemoveRange(gone) };
        return gone;
    }

    private static bool IsUnused(StoredChunk chunk, long untouchedSinceMs) =>
        chunk.PackageCount == 0 && chunk.TouchedAtMs < untouchedSinceMs;
}
