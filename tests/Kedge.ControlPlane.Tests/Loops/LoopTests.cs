using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Link;
using Kedge.ControlPlane.Loops;
using Kedge.ControlPlane.Manifests;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Fleet;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Kedge.Wire.Reported;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kedge.ControlPlane.Tests.Loops;

/// <summary>The loops on one thread over the in-memory store: every activation completes before it returns.</summary>
public sealed class LoopTests : IDisposable
{
    private static readonly TenantId Tenant = TenantId.Default;
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly Wakeups _wakeups = new();
    private DeviceSessions _sessions = new();
    private readonly ECDsa _key = Authority.NewKey();
    private readonly ECDsa _rootKey = Authority.NewKey();
    private readonly ECDsa _signer = Authority.NewKey();
    private DeviceLink _link = null!; // set by Start
    private PlanLoop _plan = null!; // set by Start
    private SendLoop _send = null!; // set by Start
    private FloorLoop _floor = null!; // set by Start
    private PresenceSweep _presence = null!; // set by Start
    private readonly DeviceIdentity _device = new(Tenant, new DeviceId("press-1"));
    private readonly Digest _deviceKey = Digest.Of("key"u8);
    private long _sequence;

    public LoopTests()
    {
        Start();
        Enrol();
        Push();
        Deploy(8500);
    }

    public void Dispose()
    {
        _key.Dispose();
        _rootKey.Dispose();
        _signer.Dispose();
    }

    /// <summary>The server's process starts: only the store is what it was.</summary>
    private void Start()
    {
        _sessions = new DeviceSessions();
        var log = NullLogger.Instance;
        var root = Authority.CreateRoot(_rootKey, TimeProvider.System.GetUtcNow());
        LinkOptions options = new(Tenant, "r1", new DeviceCertificateCheck(root, [root], null));
        _link = new DeviceLink(_store, options, _sessions, _wakeups, TimeProvider.System, log);
        _plan = new PlanLoop(_store, Tenant, _key, _wakeups, TimeProvider.System, log);
        _send = new SendLoop(_store, Tenant, _sessions, _wakeups);
        _floor = new FloorLoop(_store, Tenant, _wakeups, log);
        _presence = new PresenceSweep(_store, Tenant, _sessions, TimeProvider.System);
    }

    [Fact]
    public void A_plan_is_committed_once_and_sent_once()
    {
        (DeviceSession session, MemoryConnection connection) = Connect();
        Report(session, facts: true);
        Settle();
        Assert.Equal([1L], connection.Generations().Select(g => g.Value));
        connection.Answer(taken: true);
        Settle();
        Settle();
        Assert.Single(connection.Sent);
        Deploy(8501);
        Settle();
        Assert.Equal([1L, 2L], connection.Generations().Select(g => g.Value));
    }

    [Fact]
    public void What_a_device_did_not_take_is_sent_again()
    {
        (DeviceSession session, MemoryConnection connection) = Connect();
        Report(session, facts: true);
        Settle();
        connection.Answer(taken: false);
        Settle();
        Assert.Equal([1L, 1L], connection.Generations().Select(g => g.Value));
        connection.Answer(taken: true);
        Settle();
        Assert.Equal(2, connection.Sent.Count);
    }

    [Fact]
    public void A_full_connection_gets_the_newest_state_when_it_has_room()
    {
        (DeviceSession session, MemoryConnection connection) = Connect();
        connection.IsFull = true;
        Report(session, facts: true);
        Settle();
        Deploy(8501);
        Settle();
        Assert.Empty(connection.Sent);
        connection.IsFull = false;
        Settle();
        Assert.Equal([2L], connection.Generations().Select(g => g.Value));
    }

    [Fact]
    public void A_reconnected_device_gets_its_row_and_the_old_end_changes_nothing()
    {
        (DeviceSession first, MemoryConnection old) = Connect();
        Report(first, facts: true);
        Settle();
        (DeviceSession second, MemoryConnection connection) = Connect();
        Assert.NotNull(old.ClosedBecause);
        Settle();
        Assert.Equal([1L], connection.Generations().Select(g => g.Value));
        _link.Disconnected(first);
        Settle();
        Assert.True(Row().Connected);
        _link.Disconnected(second);
        Settle();
        Assert.False(Row().Connected);
    }

    [Fact]
    public void A_generation_from_before_a_restore_is_overtaken()
    {
        (DeviceSession session, MemoryConnection connection) = Connect();
        Report(session, facts: true);
        Settle();
        Report(session, generation: 40);
        Settle();
        Assert.Equal([1L, 41L], connection.Generations().Select(g => g.Value));
    }

    [Fact]
    public void A_server_that_was_restored_goes_on_above_what_devices_hold()
    {
        (DeviceSession session, MemoryConnection connection) = Connect();
        Report(session, facts: true);
        Settle();
        MemorySnapshot backup = _store.Snapshot();
        Deploy(8501);
        Settle();
        Assert.Equal(2, connection.Generations()[^1].Value);
        _store.Restore(backup);
        Start();
        (session, connection) = Connect();
        Report(session, generation: 2);
        Settle();
        Assert.Equal(3, connection.Generations()[^1].Value);
    }

    /// <summary>Runs every loop as often as it takes until nothing moves.</summary>
    private void Settle()
    {
        for (int round = 0; round < 6; round++)
        {
            Done(_floor.RunOnceAsync(CancellationToken.None));
            Done(_plan.RunOnceAsync(CancellationToken.None));
            Done(_send.RunOnceAsync(CancellationToken.None));
            Done(_presence.RunOnceAsync(CancellationToken.None));
        }
    }

    private (DeviceSession, MemoryConnection) Connect()
    {
        MemoryConnection connection = new();
        LinkAdmission admission =
            Done(_link.AdmitAsync(_device, _deviceKey, "00", connection, CancellationToken.None));
        DeviceSession session = Assert.IsType<LinkAdmission.Admitted>(admission).Session;
        Assert.True(_link.Subscribe(session, Wire.Topics.Of(Tenant, _device.Device, Wire.Topics.Desired)));
        return (session, connection);
    }

    private void Report(DeviceSession session, bool facts = false, long generation = 0)
    {
        UpMessage message = new()
        {
            Incarnation = "i1",
            Sequence = ++_sequence,
            SentAtMs = 1,
            Facts = !facts ? null : new DeviceFacts
            {
                Architecture = "x64",
                Cpus = [new CpuFacts(0, 0, 0, 0, 0)],
                MemoryBytes = 1L << 32,
                MemoryAvailableBytes = 1L << 32,
                DataFreeBytes = 1L << 32,
                Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
                Sandbox = "runc",
            },
            Status = facts ? null : new StatusMessage { Generation = generation },
        };
        LinkAnswer answer = Done(_link.PublishAsync(
            session,
            Wire.Topics.Of(Tenant, _device.Device, Wire.Topics.Reported),
            UpMessageFormat.Write(message),
            CancellationToken.None));
        Assert.Equal(LinkAnswer.Committed, answer);
    }

    private DeviceRow Row() => Done(_store.Devices.FindAsync(Tenant, _device.Device, CancellationToken.None))!;

    private void Enrol()
    {
        DeviceEnrolment enrolment = new()
        {
            Device = _device.Device,
            Incarnation = "i1",
            Key = _deviceKey,
            AtMs = 1,
        };
        Assert.IsType<EnrolOutcome.Enrolled>(
            Done(_store.Devices.EnrolAsync(Tenant, enrolment, CancellationToken.None)));
    }

    private void Push()
    {
        TestPackage package = TestPackage.Make(_signer, "bearing", 1);
        Assert.True(Dsse.TryParse(package.Envelope, out DsseEnvelope? envelope, out _));
        Assert.True(PackageFormat.TryRead(envelope!.Payload.Span, out PackageManifest? manifest, out _));
        ImmutableArray<ChunkRef> chunks = [.. manifest!.AllFiles().SelectMany(f => f.Chunks)];
        Done(_store.Chunks.AddAsync(Tenant, chunks, 1, CancellationToken.None));
        PackageWrite write = new()
        {
            Digest = package.Digest,
            Name = "bearing",
            Envelope = [.. package.Envelope],
            ManifestJson = System.Text.Encoding.UTF8.GetString(envelope.Payload.Span),
            Chunks = chunks,
            AtMs = 1,
        };
        Done(_store.Packages.PutAsync(Tenant, write, CancellationToken.None));
    }

    private void Deploy(int port)
    {
        Digest package = TestPackage.Make(_signer, "bearing", 1).Digest;
        string text = $$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: bearing-monitor}
            spec:
              selector: {}
              models: [{name: bearing, package: "bearing@{{package}}"}]
              endpoint: {port: {{port}}, expose: loopback}
            """;
        var set = Assert.IsType<ManifestOutcome.Valid>(ManifestYaml.ReadSet(text)).Set;
        DeploymentSpec spec = set.Deployments[0].Spec;
        DeploymentWrite write = new()
        {
            Id = spec.Id,
            SpecJson = DeploymentFormat.Write(spec),
            Packages = [package],
            AtMs = 1,
        };
        Done(_store.Deployments.ApplyAsync(Tenant, write, CancellationToken.None));
    }

    private static T Done<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        return task.Result;
    }

    private static void Done(ValueTask task) => Assert.True(task.IsCompletedSuccessfully);
}
