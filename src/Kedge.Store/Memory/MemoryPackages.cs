using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Packages and tags in memory.</summary>
internal sealed class MemoryPackages(MemoryEngine engine) : IPackageStore
{
    private const int MissingShownMax = 100;

    public ValueTask<PackageOutcome> PutAsync(
        TenantId tenant, PackageWrite write, CancellationToken cancellationToken)
    {
        StoreCheck.Package(write);
        return new(engine.Write(tenant, scope => Put(scope, write)));
    }

    public ValueTask<PackageContent?> FindAsync(TenantId tenant, Digest digest, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Packages.TryGetValue(digest, out StoredPackage? held)
            ? new PackageContent(held.Row, held.Write.Envelope, held.Write.ManifestJson)
            : null);

    public ValueTask<Page<PackageRow>> ListAsync(
        TenantId tenant, string? name, long? beforeRevision, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<PackageRow> rows = state.Of(tenant).Packages.Values
            .Select(p => p.Row)
            .Where(p => name is null || p.Name == name)
            .Where(p => beforeRevision is not { } before || p.Revision < before)
            .OrderByDescending(p => p.Revision);
        return new(MemoryPage.Of(
            rows, rowsMax, state.Revision, p => p.Revision.ToString(CultureInfo.InvariantCulture)));
    }

    public ValueTask<Page<ModelRow>> ListModelsAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        TenantState own = state.Of(tenant);
        IEnumerable<ModelRow> rows = own.Packages.Values
            .GroupBy(p => p.Row.Name, StringComparer.Ordinal)
            .Where(g => after is null || string.CompareOrdinal(g.Key, after) > 0)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new ModelRow(
                g.Key, g.Count(), g.Max(p => p.Row.CreatedAtMs), [.. own.Tags.Values.Where(t => t.Name == g.Key)]));
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, m => m.Name));
    }

    public ValueTask<PackageRow?> ResolveAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken)
    {
        TenantState state = engine.Read(tenant);
        return new(state.Tags.TryGetValue(Key(name, tag), out TagRow? held)
            ? state.Packages[held.Digest].Row
            : null);
    }

    public ValueTask<ImmutableArray<ChunkRef>> ChunksAsync(
        TenantId tenant, Digest digest, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Packages.TryGetValue(digest, out StoredPackage? held)
            ? [.. held.Write.Chunks.OrderBy(c => c.Digest)]
            : []);

    public ValueTask<PackageDeletion> DeleteAsync(
        TenantId tenant, Digest digest, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Delete(scope, digest)));

    public ValueTask<TagOutcome> MoveTagAsync(TenantId tenant, TagMove move, CancellationToken cancellationToken)
    {
        StoreCheck.Tag(move);
        return new(engine.Write(tenant, scope => MoveTag(scope, move)));
    }

    public ValueTask<bool> DeleteTagAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => DeleteTag(scope, Key(name, tag))));

    public ValueTask<ImmutableArray<TagRow>> TagHistoryAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken) =>
        new([.. engine.Read(tenant).TagHistories.GetValueOrDefault(Key(name, tag), [])]);

    public static TagOutcome MoveTag(MemoryScope scope, TagMove move)
    {
        string key = Key(move.Name, move.Tag);
        TagRow? held = scope.Tenant.Tags.GetValueOrDefault(key);
        PackageRow? package = scope.Tenant.Packages.GetValueOrDefault(move.Digest)?.Row;
        if (StoreRules.JudgeTag(held, package, move) is { } answer)
        {
            return answer;
        }

        TagRow row = new(move.Name, move.Tag, move.Digest, move.AtMs, scope.Mark());
        ImmutableList<TagRow> history =
            [row, .. scope.Tenant.TagHistories.GetValueOrDefault(key, []).Take(StoreLimits.TagHistoryMax - 1)];
        scope.Tenant = scope.Tenant with
        {
            Tags = scope.Tenant.Tags.SetItem(key, row),
            TagHistories = scope.Tenant.TagHistories.SetItem(key, history),
        };
        return new TagOutcome.Moved(row, held?.Digest ?? default);
    }

    private static PackageOutcome Put(MemoryScope scope, PackageWrite write)
    {
        if (scope.Tenant.Packages.TryGetValue(write.Digest, out StoredPackage? held))
        {
            return held.Write.Envelope.AsSpan().SequenceEqual(write.Envelope.AsSpan())
                ? new PackageOutcome.AlreadyThere(held.Row)
                : new PackageOutcome.OtherEnvelope(held.Row);
        }

        ImmutableArray<Digest> missing = [.. write.Chunks
            .Select(c => c.Digest).Where(d => !scope.Tenant.Chunks.ContainsKey(d)).Take(MissingShownMax)];
        if (missing.Length > 0)
        {
            return new PackageOutcome.ChunksMissing(missing);
        }

        PackageRow row = StoreRules.PackageOf(write, scope.Mark());
        scope.Tenant = scope.Tenant with
        {
            Packages = scope.Tenant.Packages.SetItem(write.Digest, new StoredPackage(row, write)),
            Chunks = Counted(scope.Tenant.Chunks, write, 1),
        };
        return new PackageOutcome.Stored(row);
    }

    private static PackageDeletion Delete(MemoryScope scope, Digest digest)
    {
        if (!scope.Tenant.Packages.TryGetValue(digest, out StoredPackage? held))
        {
            return new PackageDeletion.NotFound();
        }

        foreach (DeploymentId id in scope.Tenant.Deployments.Keys)
        {
            if (scope.Tenant.Histories[id].Exists(r => r.Packages.Contains(digest)))
            {
                return new PackageDeletion.Referenced(id);
            }
        }

        scope.Mark();
        scope.Tenant = scope.Tenant with
        {
            Packages = scope.Tenant.Packages.Remove(digest),
            Tags = scope.Tenant.Tags.RemoveRange(
                scope.Tenant.Tags.Where(t => t.Value.Digest == digest).Select(t => t.Key)),
            Chunks = Counted(scope.Tenant.Chunks, held.Write, -1),
        };
        return new PackageDeletion.Deleted();
    }

    private static ImmutableSortedDictionary<Digest, StoredChunk> Counted(
        ImmutableSortedDictionary<Digest, StoredChunk> chunks, PackageWrite write, int change) =>
        chunks.SetItems(write.Chunks.Select(c =>
        {
            StoredChunk held = chunks[c.Digest];
            return KeyValuePair.Create(c.Digest, held with { PackageCount = held.PackageCount + change });
        }));

    private static bool DeleteTag(MemoryScope scope, string key)
    {
        if (!scope.Tenant.Tags.ContainsKey(key))
        {
            return false;
        }

        scope.Mark();
        scope.Tenant = scope.Tenant with { Tags = scope.Tenant.Tags.Remove(key) };
        return true;
    }

    private static string Key(string name, string tag) => $"{name}:{tag}";
}
