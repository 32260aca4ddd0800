using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// Removes content that nothing names: chunks of pushes that were given up or of deleted packages, files that the index
/// does not know, differences whose packages are gone, leftovers. A chunk leaves the index first, in a transaction that
/// looks at the packages once more, and its file after (<see cref="ChunkTrash"/>); killed anywhere, the next run ends
/// it. What was touched lately stays: a push over a slow line brings its chunks hours before its package.
/// One run at a time in a process.
/// </summary>
internal sealed class ContentCollector(
    IKedgeStore store, TenantId tenant, ChunkFolder chunks, DeltaFolder deltas, TimeProvider time) : IDisposable
{
    private const int DamagedShownMax = 100;
    private readonly SemaphoreSlim _one = new(1);
    private readonly ChunkTrash _trash = new(chunks.Root);
    private int _nextPrefix;

    /// <summary>Collects, or says what it would collect.</summary>
    /// <param name="dryRun">True to remove nothing.</param>
    /// <param name="verify">True to read every chunk that packages hold: takes seconds for a GB.</param>
    /// <param name="ct">Ends it between two files; nothing is lost by that.</param>
    public async ValueTask<CollectionReport> RunAsync(bool dryRun, bool verify, CancellationToken ct)
    {
        await _one.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            CollectionReport report = dryRun
                ? await LookAsync(ct).ConfigureAwait(false)
                : await CollectAsync(0, 256, ct).ConfigureAwait(false);
            return verify ? Verify(report, ct) : report;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// The same, looking for files that the index does not know in a part of the folder only: a day's rounds see all.
    /// </summary>
    public async ValueTask RunRoundAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            int first = _nextPrefix;
            _nextPrefix = (first + ServerLimits.SweptFoldersPerRound) % 256;
            await CollectAsync(first, ServerLimits.SweptFoldersPerRound, ct).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private long SinceMs => time.GetUtcNow().ToUnixTimeMilliseconds()
        - (long)ServerLimits.UnusedChunkAge.TotalMilliseconds;

    private async ValueTask<CollectionReport> CollectAsync(int firstPrefix, int prefixes, CancellationToken ct)
    {
        CollectedPart orphans = await EmptyTrashAsync(ct).ConfigureAwait(false);
        CollectedPart unused = await CollectUnusedAsync(ct).ConfigureAwait(false);
        for (int index = 0; index < prefixes; index++)
        {
            await foreach (ChunkFile file in OrphansAsync((firstPrefix + index) % 256, ct).ConfigureAwait(false))
            {
                _trash.Take(file.Digest);
            }

            orphans += await EmptyTrashAsync(ct).ConfigureAwait(false);
        }

        ImmutableHashSet<Digest> packages = await PackagesAfterAsync(deltas.Any, ct).ConfigureAwait(false);
        return new CollectionReport
        {
            Chunks = unused,
            Orphans = orphans,
            Deltas = deltas.Collect(packages.Contains, dryRun: false),
            Leftovers = Leftovers(static path => FileMoves.Remove(path) ?? 0),
        };
    }

    private async ValueTask<CollectedPart> CollectUnusedAsync(CancellationToken ct)
    {
        CollectedPart freed = default;
        while (true)
        {
            ImmutableArray<ChunkRef> unused = await store.Chunks
                .ListUnusedAsync(tenant, SinceMs, default, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            if (unused.IsEmpty)
            {
                return freed;
            }

            Digest[] digests = [.. unused.Select(c => c.Digest)];
            ImmutableArray<Digest> removed =
                await store.Chunks.RemoveUnusedAsync(tenant, digests, SinceMs, ct).ConfigureAwait(false);
            foreach (Digest digest in removed)
            {
                _trash.Take(digest);
            }

            freed += await EmptyTrashAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes what the index still does not know, and puts back what it knows again.</summary>
    private async ValueTask<CollectedPart> EmptyTrashAsync(CancellationToken ct)
    {
        CollectedPart freed = default;
        foreach (ChunkFile[] files in _trash.Files().ToArray().Chunk(StoreLimits.ChunkQueryMax))
        {
            HashSet<Digest> unknown = await UnknownAsync(files, ct).ConfigureAwait(false);
            foreach (ChunkFile file in files)
            {
                if (!unknown.Contains(file.Digest))
                {
                    _trash.PutBack(file);
                }
                else if (FileMoves.Remove(file.Path) is long bytes)
                {
                    freed = freed.With(bytes);
                }
            }
        }

        return freed;
    }

    /// <summary>
    /// Files of one folder that the index does not know, and that are older than any upload that goes on.
    /// </summary>
    private async IAsyncEnumerable<ChunkFile> OrphansAsync(
        int prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        DateTime since = DateTimeOffset.FromUnixTimeMilliseconds(SinceMs).UtcDateTime;
        IEnumerable<ChunkFile> old =
            ChunkFile.In(FolderOf(prefix)).Where(f => File.GetLastWriteTimeUtc(f.Path) < since);
        foreach (ChunkFile[] files in old.Chunk(StoreLimits.ChunkQueryMax))
        {
            HashSet<Digest> unknown = await UnknownAsync(files, ct).ConfigureAwait(false);
            foreach (ChunkFile file in files.Where(f => unknown.Contains(f.Digest)))
            {
                yield return file;
            }
        }
    }

    private async ValueTask<HashSet<Digest>> UnknownAsync(ChunkFile[] files, CancellationToken ct)
    {
        Digest[] digests = [.. files.Select(f => f.Digest).Distinct()];
        return [.. await store.Chunks.MissingAsync(tenant, digests, ct).ConfigureAwait(false)];
    }

    private async ValueTask<CollectionReport> LookAsync(CancellationToken ct)
    {
        CollectedPart orphans = default;
        for (int prefix = 0; prefix < 256; prefix++)
        {
            await foreach (ChunkFile file in OrphansAsync(prefix, ct).ConfigureAwait(false))
            {
                orphans = orphans.With(new FileInfo(file.Path) is { Exists: true, Length: long bytes } ? bytes : 0);
            }
        }

        CollectedPart unused = default;
        await foreach (ChunkRef chunk in UnusedAsync(ct).ConfigureAwait(false))
        {
            unused = unused.With(chunks.StoredBytes(chunk.Digest));
        }

        ImmutableHashSet<Digest> packages = await PackagesAfterAsync(deltas.Any, ct).ConfigureAwait(false);
        return new CollectionReport
        {
            Chunks = unused,
            Orphans = orphans,
            Deltas = deltas.Collect(packages.Contains, dryRun: true),
            Leftovers = Leftovers(static path => new FileInfo(path).Length),
        };
    }

    private async IAsyncEnumerable<ChunkRef> UnusedAsync(
        [EnumeratorCancellation] CancellationToken ct)
    {
        Digest after = default;
        while (true)
        {
            ImmutableArray<ChunkRef> page = await store.Chunks
                .ListUnusedAsync(tenant, SinceMs, after, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            foreach (ChunkRef chunk in page)
            {
                yield return chunk;
                after = chunk.Digest;
            }

            if (page.IsEmpty)
            {
                yield break;
            }
        }
    }

    /// <summary>
    /// The packages that there are, asked after the deltas were looked at: a package that is new since is no loss.
    /// </summary>
    private async ValueTask<ImmutableHashSet<Digest>> PackagesAfterAsync(bool anyDeltas, CancellationToken ct)
    {
        ImmutableHashSet<Digest>.Builder found = ImmutableHashSet.CreateBuilder<Digest>();
        long? before = null;
        while (anyDeltas)
        {
            Page<PackageRow> page = await store.Packages
                .ListAsync(tenant, null, before, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            found.UnionWith(page.Items.Select(p => p.Digest));
            if (page.Next is null || page.Items.IsEmpty)
            {
                break;
            }

            before = page.Items[^1].Revision;
        }

        return found.ToImmutable();
    }

    /// <summary>Half-written and damaged files that are older than any upload that goes on.</summary>
    private CollectedPart Leftovers(Func<string, long> take)
    {
        DateTime since = DateTimeOffset.FromUnixTimeMilliseconds(SinceMs).UtcDateTime;
        return ((string[])["incoming", "damaged"])
            .SelectMany(part => Directory.EnumerateFiles(Path.Combine(chunks.Root, part)))
            .Where(path => File.GetLastWriteTimeUtc(path) < since)
            .Aggregate(default(CollectedPart), (sum, path) => sum.With(take(path)));
    }

    /// <summary>Reads every chunk's file; what is damaged is set aside by that.</summary>
    private CollectionReport Verify(CollectionReport report, CancellationToken ct)
    {
        int verified = 0;
        List<string> damaged = [];
        for (int prefix = 0; prefix < 256; prefix++)
        {
            foreach (Digest digest in ChunkFile.In(FolderOf(prefix)).Select(f => f.Digest).Distinct())
            {
                ct.ThrowIfCancellationRequested();
                ChunkReading reading = chunks.Read(digest);
                verified++;
                if (reading is ChunkReading.Found(var chunk))
                {
                    chunk.Dispose();
                }
                else if (reading is ChunkReading.Damaged && damaged.Count < DamagedShownMax)
                {
                    damaged.Add(digest.ToString());
                }
            }
        }

        return report with { Verified = verified, Damaged = damaged };
    }

    private string FolderOf(int prefix) =>
        Path.Combine(chunks.Root, prefix.ToString("x2", CultureInfo.InvariantCulture));
}
