using System.Collections.Immutable;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Link;
using Kedge.ControlPlane.Loops;
using Kedge.ControlPlane.Manifests;
using Kedge.ControlPlane.Tests.Loops;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Kedge.Store.Sqlite;
using Kedge.Tests.Support.Devices;
using Kedge.Wire;
using Kedge.Wire.Reported;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kedge.ControlPlane.Tests.Link;

/// <summary>Figures from the device link to the store.</summary>
public sealed class FiguresIntakeTests
{
    private static readonly TenantId Tenant = TenantId.Default;
    private static readonly DeploymentId Web = new("web");
    private static readonly InstanceId First = new(Web, 1);
    private static readonly Digest Release = Digest.Of("one"u8);
    private readonly ManualTime _time = new();
    private readonly Wakeups _wakeups = new();

    [Fact]
    public async Task What_is_told_again_replaces_and_is_saved_once_for_all()
    {
        await using MemoryStore store = new(_time);
        DeviceLink link = await LinkAsync(store);
        DeviceSession session = await ConnectAsync(link, store, "d1");
        DeviceSession other = await ConnectAsync(link, store, "d2");
        long revision = await store.RevisionAsync(default);
        long heardMs = NowMs;
        foreach (long requests in (long[])[10, 30, 20])
        {
            Assert.Equal(LinkAnswer.Committed, await TellAsync(link, session, requests));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await TellAsync(link, other, 5);
        Assert.True(_wakeups.Figures.IsSet);
        Assert.Null(await store.Figures.FindAsync(Tenant, new("d1"), Web, default));
        await link.Figures.FlushAsync(default);
        FigureWindow kept = Assert.Single(await KeptAsync(store, "d1"));
        Assert.Equal((30, heardMs), (kept.Requests, kept.HeardMs));
        Assert.Equal(5, Assert.Single(await KeptAsync(store, "d2")).Requests);
        Assert.Equal(revision, await store.RevisionAsync(default));

        _wakeups.Figures.Reset();
        await TellAsync(link, session, 30);
        Assert.False(_wakeups.Figures.IsSet, "nothing has changed");
    }

    [Fact]
    public async Task Another_connection_goes_on_from_what_is_kept()
    {
        await using MemoryStore store = new(_time);
        DeviceLink link = await LinkAsync(store);
        long heardMs = NowMs;
        await TellAsync(link, await ConnectAsync(link, store, "d1"), 10);
        _time.Advance(TimeSpan.FromSeconds(5));
        DeviceSession again = await ConnectAsync(link, store, "d1");
        await TellAsync(link, again, 20, new InstanceId(Web, 2)); // The first window waits to be saved.
        await link.Figures.FlushAsync(default);
        Assert.Equal([10, 20], (await KeptAsync(store, "d1")).Select(w => w.Requests));

        DeviceLink restarted = await LinkAsync(store);
        DeviceSession third = await ConnectAsync(restarted, store, "d1");
        await TellAsync(restarted, third, 40);
        await restarted.Figures.FlushAsync(default);
        Assert.Equal([(40L, heardMs), (20L, heardMs + 5000)],
            (await KeptAsync(store, "d1")).Select(w => (w.Requests, w.HeardMs)));
    }

    [Fact]
    public async Task Figures_of_what_is_not_there_are_taken_and_left_out()
    {
        await using MemoryStore store = new(_time);
        DeviceLink link = await LinkAsync(store);
        DeviceSession session = await ConnectAsync(link, store, "d1");
        for (int n = 0; n < 3 * Limits.WorkloadsPerDeviceMax; n++)
        {
            Assert.Equal(
                LinkAnswer.Committed, await TellAsync(link, session, 10, new InstanceId(new($"none-{n}"), 1)));
        }

        await TellAsync(link, session, 10);
        await link.Figures.FlushAsync(default);
        Assert.Null(await store.Figures.FindAsync(Tenant, new("d1"), new("none-1"), default));
        Assert.Single(await KeptAsync(store, "d1"));
    }

    [Fact]
    public async Task What_cannot_be_read_is_refused_and_a_row_that_cannot_be_read_is_replaced()
    {
        await using MemoryStore store = new(_time);
        DeviceLink link = await LinkAsync(store);
        DeviceSession session = await ConnectAsync(link, store, "d1");
        foreach (string text in (string[])["", "{", "[]", "{\"v\":1,\"workload\":\"web\",\"windows\":[]}"])
        {
            Assert.Equal(
                LinkAnswer.Malformed,
                await link.PublishAsync(session, Topic("d1"), System.Text.Encoding.UTF8.GetBytes(text), default));
        }

        byte[] message = FiguresFormat.Write(Web, [TestFigures.Window(First, Release, 7)]);
        Assert.Equal(LinkAnswer.NotAllowed, await link.PublishAsync(session, Topic("d2"), message, default));
        FiguresWrite bad = new() { Device = new("d1"), Deployment = Web, Json = "nonsense", AtMs = 1 };
        await store.Figures.SaveManyAsync(Tenant, [bad], default);
        Assert.Equal(LinkAnswer.Committed, await link.PublishAsync(session, Topic("d1"), message, default));
        await link.Figures.FlushAsync(default);
        Assert.Equal(7, Assert.Single(await KeptAsync(store, "d1")).Requests);
    }

    [Fact]
    public async Task What_could_not_be_saved_waits_for_the_next_run_unless_newer_came()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kedge-figures-");
        try
        {
            await using SqliteStore store = SqliteStore.Open(Path.Combine(folder.FullName, "kedge.db"), _time);
            DeviceLink link = await LinkAsync(store);
            DeviceSession session = await ConnectAsync(link, store, "d1");
            await TellAsync(link, session, 10);
            await TellAsync(link, await ConnectAsync(link, store, "d2"), 20);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await link.Figures.FlushAsync(new CancellationToken(canceled: true)));
            Assert.Null(await store.Figures.FindAsync(Tenant, new("d1"), Web, default));
            await TellAsync(link, session, 11);
            await link.Figures.FlushAsync(default);
            Assert.Equal(11, Assert.Single(await KeptAsync(store, "d1")).Requests);
            Assert.Equal(20, Assert.Single(await KeptAsync(store, "d2")).Requests);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static string Topic(string device) => Topics.Of(Tenant, new(device), Topics.Telemetry);

    private static async Task<ImmutableArray<FigureWindow>> KeptAsync(IKedgeStore store, string device)
    {
        FiguresRow? row = await store.Figures.FindAsync(Tenant, new(device), Web, default);
        return row is null ? [] : FiguresRowFormat.Read(row.Json, Web);
    }

    private static ValueTask<LinkAnswer> TellAsync(
        DeviceLink link, DeviceSession session, long requests, InstanceId? instance = null)
    {
        InstanceId told = instance ?? First;
        byte[] message = FiguresFormat.Write(told.Workload, [TestFigures.Window(told, Release, requests)]);
        return link.PublishAsync(session, Topic(session.Identity.Device.ToString()), message, default);
    }

    private async Task<DeviceLink> LinkAsync(IKedgeStore store)
    {
        DeploymentWrite write = new() { Id = Web, SpecJson = "{}", Packages = [], AtMs = 1 };
        await store.Deployments.ApplyAsync(Tenant, write, default);
        LinkOptions options = new(Tenant, "r1", null!); // No certificate is shown here.
        return new DeviceLink(store, options, new DeviceSessions(), _wakeups, _time, NullLogger.Instance);
    }

    private static async Task<DeviceSession> ConnectAsync(DeviceLink link, IKedgeStore store, string name)
    {
        Digest key = Digest.Of(System.Text.Encoding.UTF8.GetBytes(name));
        await store.Devices.EnrolAsync(
            Tenant, new DeviceEnrolment { Device = new(name), Incarnation = "i1", Key = key, AtMs = 1 }, default);
        LinkAdmission admission = await link.AdmitAsync(
            new DeviceIdentity(Tenant, new(name)), key, "00AA", new MemoryConnection(), default);
        return Assert.IsType<LinkAdmission.Admitted>(admission).Session;
    }
}
