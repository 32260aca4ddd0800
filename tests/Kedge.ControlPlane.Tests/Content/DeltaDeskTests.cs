using System.Text;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.EndToEnd.Server;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kedge.ControlPlane.Tests.Content;

/// <summary>The desk over real folders: who waits, who is turned away, and disks that fill.</summary>
public sealed class DeltaDeskTests : IDisposable
{
    private static readonly TenantId Tenant = TenantId.Default;
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-desk-").FullName;
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly ChunkFolder _chunks;

    public DeltaDeskTests() => _chunks = new ChunkFolder(Path.Combine(_folder, "chunks"), "a");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Many_who_ask_for_one_pair_wait_for_one_computation()
    {
        CataloguedFile file = await PushAsync(WeightFiles.Make(1, 100_000));
        ContentMeters meters = new();
        await using DeltaDesk desk = Desk(Deltas("deltas"), TimeProvider.System, meters);
        DeltaAsk ask = new(file, null);
        DeltaOutcome[] outcomes =
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => desk.AskAsync(ask, default).AsTask()));
        KeptDelta kept = Assert.IsType<DeltaOutcome.Ready>(outcomes[0]).File;
        Assert.All(outcomes, o => Assert.Equal(kept, Assert.IsType<DeltaOutcome.Ready>(o).File));
        Assert.Equal(1, meters.DeltasComputed);
    }

    [Fact]
    public async Task When_the_queue_is_full_a_device_is_told_to_come_back_late()
    {
        List<CataloguedFile> files = [];
        for (int seed = 0; seed < ServerLimits.DeltaQueueMax + 2; seed++)
        {
            files.Add(await PushAsync(WeightFiles.Make(seed, seed == 0 ? 600_000 : 1000)));
        }

        await using DeltaDesk desk = Desk(Deltas("deltas"), new HastyTime(), new ContentMeters());
        List<TimeSpan> waits = [];
        foreach (CataloguedFile file in files)
        {
            DeltaOutcome outcome = await desk.AskAsync(new DeltaAsk(file, null), default);
            waits.Add(Assert.IsType<DeltaOutcome.Coming>(outcome).After);
        }

        Assert.All(waits, w => Assert.InRange(w, TimeSpan.FromSeconds(1), ServerLimits.DeltaRetryMax));
        Assert.Equal(ServerLimits.DeltaRetryMax, waits[^1]);
        Assert.True(waits[1] < ServerLimits.DeltaRetryMax);
    }

    [Fact]
    public async Task A_disk_that_fills_in_the_middle_leaves_nothing_half_and_devices_take_chunks()
    {
        CataloguedFile file = await PushAsync(WeightFiles.Make(1, 250_000));
        using SmallDisk disk = new(mebibytes: 6);
        string path = Path.Combine(disk.Folder, "deltas");
        DeltaFolder folder = new(path, 100_000_000, TimeProvider.System) { ReserveBytes = -100_000_000 };
        await using (DeltaDesk desk = Desk(folder, TimeProvider.System, new ContentMeters()))
        {
            // The file, put together to look for its tensors, fits for the most part.
            File.WriteAllBytes(Path.Combine(disk.Folder, "other"), new byte[3_000_000]);
            DeltaOutcome outcome = await UntilDoneAsync(desk, new DeltaAsk(file, null));
            Assert.Equal("KEDGE-STORE-005", Assert.IsType<DeltaOutcome.None>(outcome).Why.Code);
            Assert.Empty(Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories));
            outcome = await desk.AskAsync(new DeltaAsk(file, null), default);
            Assert.Equal("KEDGE-STORE-005", Assert.IsType<DeltaOutcome.None>(outcome).Why.Code);
        }

        // With room again, after a restart or ten minutes.
        File.Delete(Path.Combine(disk.Folder, "other"));
        await using DeltaDesk next = Desk(folder, TimeProvider.System, new ContentMeters());
        Assert.IsType<DeltaOutcome.Ready>(await UntilDoneAsync(next, new DeltaAsk(file, null)));
    }

    [Fact]
    public async Task Where_too_little_is_free_nothing_is_begun()
    {
        CataloguedFile file = await PushAsync(WeightFiles.Make(1, 10_000));
        DeltaFolder folder = new(Path.Combine(_folder, "deltas"), 1_000_000, TimeProvider.System)
        {
            ReserveBytes = long.MaxValue / 2,
        };
        await using DeltaDesk desk = Desk(folder, TimeProvider.System, new ContentMeters());
        DeltaOutcome outcome = await UntilDoneAsync(desk, new DeltaAsk(file, null));
        Assert.Equal("KEDGE-SERVER-017", Assert.IsType<DeltaOutcome.None>(outcome).Why.Code);
    }

    [Fact]
    public async Task A_package_that_goes_in_between_is_no_crash()
    {
        CataloguedFile file = await PushAsync(WeightFiles.Make(1, 10_000));
        await _store.Packages.DeleteAsync(Tenant, file.Package, default);
        await using DeltaDesk desk = Desk(Deltas("deltas"), TimeProvider.System, new ContentMeters());
        DeltaOutcome outcome = await UntilDoneAsync(desk, new DeltaAsk(file, null));
        Assert.Equal("KEDGE-SERVER-015", Assert.IsType<DeltaOutcome.None>(outcome).Why.Code);
    }

    [Fact]
    public async Task A_desk_that_fails_for_another_reason_says_so_and_goes_on()
    {
        CataloguedFile file = await PushAsync(WeightFiles.Make(1, 10_000));
        DeltaFolder folder = Deltas("deltas");
        Directory.Delete(Path.Combine(_folder, "deltas"), recursive: true); // somebody's mistake
        await using DeltaDesk desk = Desk(folder, TimeProvider.System, new ContentMeters());
        DeltaOutcome outcome = await UntilDoneAsync(desk, new DeltaAsk(file, null));
        Assert.Equal("KEDGE-SERVER-014", Assert.IsType<DeltaOutcome.None>(outcome).Why.Code);
        Directory.CreateDirectory(Path.Combine(_folder, "deltas", "work"));
        CataloguedFile other = await PushAsync(WeightFiles.Make(2, 10_000));
        Assert.IsType<DeltaOutcome.Ready>(await UntilDoneAsync(desk, new DeltaAsk(other, null)));
    }

    private static async Task<DeltaOutcome> UntilDoneAsync(DeltaDesk desk, DeltaAsk ask)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            DeltaOutcome outcome = await desk.AskAsync(ask, default);
            if (outcome is not DeltaOutcome.Coming)
            {
                return outcome;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "it never ends");
        }
    }

    private DeltaFolder Deltas(string name) => new(Path.Combine(_folder, name), 100_000_000, TimeProvider.System);

    private DeltaDesk Desk(DeltaFolder folder, TimeProvider time, ContentMeters meters) => new(
        folder, new DeltaWork(_chunks, new FileCatalog(_store, Tenant), folder), meters, time, NullLogger.Instance);

    private async Task<CataloguedFile> PushAsync(byte[] file)
    {
        using System.Security.Cryptography.ECDsa key = Authority.NewKey();
        TestPackage package = TestPackage.Of(key, "bearing", "model.onnx", file);
        List<ChunkRef> refs = [];
        foreach (byte[] chunk in package.Chunks)
        {
            refs.Add(new ChunkRef(Digest.Of(chunk), chunk.Length));
            await _chunks.StoreAsync(refs[^1].Digest, new MemoryStream(chunk), isCoded: false, default);
        }

        await _store.Chunks.AddAsync(Tenant, refs, 1, default);
        Assert.True(Dsse.TryParse(package.Envelope, out DsseEnvelope? envelope, out _));
        PackageWrite write = new()
        {
            Digest = package.Digest,
            Name = "bearing",
            Envelope = [.. package.Envelope],
            ManifestJson = Encoding.UTF8.GetString(envelope!.Payload.Span),
            Chunks = [.. refs.DistinctBy(r => r.Digest)],
            AtMs = 1,
        };
        await _store.Packages.PutAsync(Tenant, write, default);
        return new CataloguedFile(package.Digest, "bearing", Digest.Of(file), file.Length);
    }
}
