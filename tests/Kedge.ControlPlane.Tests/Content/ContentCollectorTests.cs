using System.Security.Cryptography;
using System.Text;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;

namespace Kedge.ControlPlane.Tests.Content;

/// <summary>
/// Collection, from every state in which a kill can leave it. Each step is one call of the system or one transaction;
/// the tests make the state after each of them and run a fresh collector on it.
/// </summary>
public sealed class ContentCollectorTests : IDisposable
{
    private static readonly TenantId Tenant = TenantId.Default;
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-collect-").FullName;
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly ChunkFolder _chunks;
    private readonly DeltaFolder _deltas;
    private readonly ContentCollector _collector;

    public ContentCollectorTests()
    {
        _chunks = new ChunkFolder(Path.Combine(_folder, "chunks"), "a");
        _deltas = new DeltaFolder(Path.Combine(_folder, "deltas"), 1_000_000, TimeProvider.System);
        _collector = Fresh();
    }

    private static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static long LongAgoMs => NowMs - (2 * (long)ServerLimits.UnusedChunkAge.TotalMilliseconds);

    public void Dispose()
    {
        _collector.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_no_package_holds_goes_and_what_a_push_brought_lately_stays()
    {
        Digest unused = await FileAsync(1, LongAgoMs);
        Digest fresh = await FileAsync(2, NowMs);
        TestPackage package = await PushAsync(LongAgoMs);
        long bytes = _chunks.StoredBytes(unused);
        CollectionReport look = await _collector.RunAsync(dryRun: true, verify: false, default);
        Assert.Equal(new CollectedPart(1, bytes), look.Chunks);
        Assert.True(_chunks.Has(unused));
        CollectionReport done = await _collector.RunAsync(dryRun: false, verify: false, default);
        Assert.Equal((look.Chunks, default, default), (done.Chunks, done.Orphans, done.Leftovers));
        Assert.Equal((false, true), (_chunks.Has(unused), _chunks.Has(fresh)));
        Assert.All(package.Chunks, c => Assert.True(_chunks.Has(Digest.Of(c))));
        Assert.Null(await _store.Chunks.FindAsync(Tenant, unused, default));
    }

    [Fact]
    public async Task Chunks_of_a_deleted_package_go_and_those_that_another_one_shares_stay()
    {
        TestPackage package = await PushAsync(LongAgoMs);
        TestPackage other = await PushAsync(LongAgoMs, shares: package.Chunks[0], seed: 9);
        await _store.Packages.DeleteAsync(Tenant, package.Digest, default);
        CollectionReport report = await _collector.RunAsync(dryRun: false, verify: false, default);
        Assert.Equal(1, report.Chunks.Count);
        Assert.True(_chunks.Has(Digest.Of(package.Chunks[0])));
        Assert.False(_chunks.Has(Digest.Of(package.Chunks[1])));
        Assert.All(other.Chunks, c => Assert.True(_chunks.Has(Digest.Of(c))));
    }

    [Fact]
    public async Task Killed_after_the_index_the_file_is_found_by_the_sweep()
    {
        Digest unused = await FileAsync(1, LongAgoMs);
        await _store.Chunks.RemoveUnusedAsync(Tenant, [unused], NowMs, default);
        SetAge(_chunks.PathOf(unused, isCoded: true));
        CollectionReport look = await _collector.RunAsync(dryRun: true, verify: false, default);
        Assert.Equal((0, 1), (look.Chunks.Count, look.Orphans.Count));
        CollectionReport done = await _collector.RunAsync(dryRun: false, verify: false, default);
        Assert.Equal(look.Orphans, done.Orphans);
        Assert.False(_chunks.Has(unused));
        Assert.Equal(default, (await _collector.RunAsync(dryRun: false, verify: false, default)).Orphans);
    }

    [Fact]
    public async Task A_day_of_rounds_sweeps_every_folder()
    {
        Digest[] orphans = new Digest[40];
        for (int index = 0; index < orphans.Length; index++)
        {
            orphans[index] = await FileAsync(index, LongAgoMs);
            SetAge(_chunks.PathOf(orphans[index], isCoded: true));
        }

        await _store.Chunks.RemoveUnusedAsync(Tenant, orphans, NowMs, default);
        for (int round = 0; round < 24; round++)
        {
            await _collector.RunRoundAsync(default);
        }

        Assert.All(orphans, o => Assert.False(_chunks.Has(o)));
    }

    [Fact]
    public async Task An_upload_that_was_killed_before_the_index_is_swept_after_a_day_and_not_before()
    {
        byte[] bytes = Bytes(3);
        await _chunks.StoreAsync(Digest.Of(bytes), new MemoryStream(bytes), isCoded: false, default);
        Assert.Equal(default, (await _collector.RunAsync(dryRun: false, verify: false, default)).Orphans);
        Assert.True(_chunks.Has(Digest.Of(bytes)));
        SetAge(_chunks.PathOf(Digest.Of(bytes), isCoded: true));
        Assert.Equal(1, (await _collector.RunAsync(dryRun: false, verify: false, default)).Orphans.Count);
        Assert.False(_chunks.Has(Digest.Of(bytes)));
    }

    [Theory]
    [InlineData(false, false, false)] // nobody wants it any more: the trash is emptied
    [InlineData(true, false, true)] // a push has named it meanwhile: it goes back
    [InlineData(true, true, true)] // and has sent it again: that one stays
    public async Task Killed_with_a_file_in_the_trash_the_index_decides(bool named, bool sentAgain, bool stays)
    {
        Digest chunk = await FileAsync(1, LongAgoMs);
        await _store.Chunks.RemoveUnusedAsync(Tenant, [chunk], NowMs, default);
        new ChunkTrash(_chunks.Root).Take(chunk);
        Assert.False(_chunks.Has(chunk));
        if (sentAgain)
        {
            await _chunks.StoreAsync(chunk, new MemoryStream(Bytes(1)), isCoded: false, default);
        }

        if (named)
        {
            await _store.Chunks.AddAsync(Tenant, [new ChunkRef(chunk, 4000)], NowMs, default);
        }

        using ContentCollector next = Fresh();
        await next.RunRoundAsync(default);
        Assert.Equal(stays, _chunks.Has(chunk));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_chunks.Root, "trash")));
        Assert.Equal(stays, _chunks.Read(chunk) is ChunkReading.Found);
    }

    [Fact]
    public async Task Pushes_and_collections_that_race_lose_no_chunk_of_a_stored_package()
    {
        // Chunks are old and unused again and again, and pushed again at the same time.
        using ECDsa key = Authority.NewKey();
        TestPackage package = TestPackage.Of(key, "bearing", "model.onnx", Bytes(5, 400_000));
        ChunkRef[] refs = [.. package.Chunks.Select(c => new ChunkRef(Digest.Of(c), c.Length))];
        using CancellationTokenSource stop = new();
        Task collecting = Task.Run(async () =>
        {
            using ContentCollector other = Fresh();
            while (!stop.IsCancellationRequested)
            {
                await other.RunAsync(dryRun: false, verify: false, CancellationToken.None);
            }
        });
        for (int round = 0; round < 60; round++)
        {
            await _store.Packages.DeleteAsync(Tenant, package.Digest, default);
            await AgeAsync(refs);
            while (!await TryPushAsync(package))
            {
                foreach (byte[] chunk in package.Chunks.Where(c => !_chunks.Has(Digest.Of(c))))
                {
                    await _chunks.StoreAsync(Digest.Of(chunk), new MemoryStream(chunk), isCoded: false, default);
                }

                await _store.Chunks.AddAsync(Tenant, refs, NowMs, default);
            }

            // What the folder lacks for a moment is in the trash of a collection, which puts it back.
            foreach (ChunkRef chunk in refs)
            {
                await UntilThereAsync(chunk.Digest);
            }
        }

        await stop.CancelAsync();
        await collecting;
    }

    [Fact]
    public async Task Leftovers_of_a_day_go()
    {
        string half = Path.Combine(_chunks.Root, "incoming", "b-1");
        string damaged = Path.Combine(_chunks.Root, "damaged", "x");
        File.WriteAllText(half, "12345");
        File.WriteAllText(damaged, "123");
        Assert.Equal(default, (await _collector.RunAsync(dryRun: false, verify: false, default)).Leftovers);
        SetAge(half);
        SetAge(damaged);
        CollectedPart both = new(2, 8);
        Assert.Equal(both, (await _collector.RunAsync(dryRun: true, verify: false, default)).Leftovers);
        Assert.Equal(both, (await _collector.RunAsync(dryRun: false, verify: false, default)).Leftovers);
        Assert.False(File.Exists(half));
    }

    [Fact]
    public async Task A_verification_names_what_has_changed_on_the_disk()
    {
        Digest good = await FileAsync(1, NowMs);
        Digest bad = await FileAsync(2, NowMs);
        File.WriteAllText(_chunks.PathOf(bad, isCoded: true), "something else");
        CollectionReport report = await _collector.RunAsync(dryRun: true, verify: true, default);
        Assert.Equal((2, bad.ToString()), (report.Verified, Assert.Single(report.Damaged)));
        Assert.True(_chunks.Has(good));
        Assert.False(_chunks.Has(bad));
    }

    [Fact]
    public async Task Differences_go_with_either_of_their_packages()
    {
        TestPackage one = await PushAsync(NowMs);
        TestPackage two = await PushAsync(NowMs, seed: 40);
        DeltaAsk[] asks =
        [
            Ask(one.Digest, null), Ask(one.Digest, two.Digest), Ask(two.Digest, one.Digest), Ask(two.Digest, null),
        ];
        foreach (DeltaAsk ask in asks)
        {
            string temporary = _deltas.TemporaryPath();
            File.WriteAllText(temporary, "12345");
            Assert.NotNull(_deltas.Keep(ask, temporary, Digest.Of("12345"u8)));
        }

        Assert.Equal(default, (await _collector.RunAsync(dryRun: false, verify: false, default)).Deltas);
        await _store.Packages.DeleteAsync(Tenant, two.Digest, default);
        CollectedPart three = new(3, 15);
        Assert.Equal(three, (await _collector.RunAsync(dryRun: true, verify: false, default)).Deltas);
        Assert.Equal(20, _deltas.Bytes);
        Assert.Equal(three, (await _collector.RunAsync(dryRun: false, verify: false, default)).Deltas);
        Assert.Equal(5, _deltas.Bytes);
        Assert.NotNull(_deltas.Find(asks[0].Pair));
        string folder = Path.Combine(_folder, "deltas");
        Assert.Single(Directory.EnumerateFiles(folder, "*.delta", SearchOption.AllDirectories));
    }

    private static DeltaAsk Ask(Digest package, Digest? origin) => new(
        new CataloguedFile(package, "bearing", Digest.Of(Encoding.ASCII.GetBytes($"{package}")), 10),
        origin is Digest known
            ? new CataloguedFile(known, "bearing", Digest.Of(Encoding.ASCII.GetBytes($"{known}")), 10)
            : null);

    private ContentCollector Fresh() => new(_store, Tenant, _chunks, _deltas, TimeProvider.System);

    private static byte[] Bytes(int seed, int count = 4000)
    {
        byte[] bytes = new byte[count];
        Random random = new(seed);
        for (int index = 0; index < count; index++)
        {
            bytes[index] = (byte)random.Next(16);
        }

        return bytes;
    }

    private static void SetAge(string path) =>
        File.SetLastWriteTimeUtc(path, DateTimeOffset.FromUnixTimeMilliseconds(LongAgoMs).UtcDateTime);

    private async Task<Digest> FileAsync(int seed, long touchedAtMs)
    {
        byte[] bytes = Bytes(seed);
        Digest digest = Digest.Of(bytes);
        await _chunks.StoreAsync(digest, new MemoryStream(bytes), isCoded: false, default);
        await _store.Chunks.AddAsync(Tenant, [new ChunkRef(digest, bytes.Length)], touchedAtMs, default);
        return digest;
    }

    private async Task<TestPackage> PushAsync(long atMs, byte[]? shares = null, byte seed = 1)
    {
        using ECDsa key = Authority.NewKey();
        TestPackage package = TestPackage.Make(key, "bearing", seed);
        byte[][] chunks = shares is null ? [.. package.Chunks] : [shares, .. package.Chunks];
        foreach (byte[] chunk in chunks)
        {
            await _chunks.StoreAsync(Digest.Of(chunk), new MemoryStream(chunk), isCoded: false, default);
        }

        ChunkRef[] refs = [.. chunks.Select(c => new ChunkRef(Digest.Of(c), c.Length))];
        await _store.Chunks.AddAsync(Tenant, refs, atMs, default);
        Assert.IsType<Store.Contracts.PackageOutcome.Stored>(
            await _store.Packages.PutAsync(Tenant, Write(package, refs), default));
        return package;
    }

    private static PackageWrite Write(TestPackage package, ChunkRef[] chunks)
    {
        Assert.True(Dsse.TryParse(package.Envelope, out DsseEnvelope? envelope, out _));
        return new PackageWrite
        {
            Digest = package.Digest,
            Name = "bearing",
            Envelope = [.. package.Envelope],
            ManifestJson = Encoding.UTF8.GetString(envelope!.Payload.Span),
            Chunks = [.. chunks],
            AtMs = 1,
        };
    }

    /// <summary>
    /// As a server does it: the folder is looked at, then the package is stored if the index has all.
    /// </summary>
    private async Task<bool> TryPushAsync(TestPackage package)
    {
        ChunkRef[] refs = [.. package.Chunks.Select(c => new ChunkRef(Digest.Of(c), c.Length))];
        return refs.All(c => _chunks.Has(c.Digest))
            && await _store.Packages.PutAsync(Tenant, Write(package, refs), default)
                is not Store.Contracts.PackageOutcome.ChunksMissing;
    }

    /// <summary>The index forgets and learns them again as touched long ago: times there only grow.</summary>
    private async Task AgeAsync(ChunkRef[] refs)
    {
        await _store.Chunks.RemoveUnusedAsync(Tenant, [.. refs.Select(r => r.Digest)], long.MaxValue, default);
        await _store.Chunks.AddAsync(Tenant, refs, LongAgoMs, default);
    }

    private async Task UntilThereAsync(Digest chunk)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!_chunks.Has(chunk))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(10), $"{chunk} is lost");
            await Task.Yield();
        }
    }
}
