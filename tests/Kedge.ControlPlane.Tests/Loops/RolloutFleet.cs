using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Loops;
using Kedge.ControlPlane.Manifests;
using Kedge.ControlPlane.Tests.Link;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Fleet;
using Kedge.Core.Manifests;
using Kedge.Core.Measure;
using Kedge.Core.Models;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Kedge.Tests.Support.Devices;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Reported;
using Kedge.Wire.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kedge.ControlPlane.Tests.Loops;

/// <summary>
/// Devices that do at once what they are asked, over the in-memory store: they serve it, or give up what is bad for
/// them. Time is the test's.
/// </summary>
internal sealed class RolloutFleet : IDisposable
{
    public static readonly DeploymentId Web = new("web");
    private static readonly TenantId Tenant = TenantId.Default;
    private readonly ECDsa _key = Authority.NewKey();
    private readonly ECDsa _signer = Authority.NewKey();
    private readonly Dictionary<DeviceId, (long Revision, Digest Release)> _serving = [];
    private readonly HashSet<DeviceId> _away = [];
    private long _sequence;

    public RolloutFleet(int devices)
    {
        Devices = [.. Enumerable.Range(0, devices).Select(n => new DeviceId($"d{n}"))];
        foreach (DeviceId device in Devices)
        {
            Enrol(device);
        }

        foreach (byte version in (byte[])[1, 2, 3])
        {
            Push(version);
        }

        Plan = NewLoop();
    }

    public MemoryStore Store { get; } = new(TimeProvider.System);

    public ManualTime Time { get; } = new();

    public Wakeups Wakeups { get; } = new();

    public PlanLoop Plan { get; private set; }

    public ImmutableArray<DeviceId> Devices { get; }

    /// <summary>Versions that devices give up, and on which devices; all where none is named.</summary>
    public Dictionary<int, DeviceId[]> Bad { get; } = [];

    public RolloutState State => RolloutFormat.TryRead(Row.StateJson, out RolloutState? state)
        ? state
        : throw new InvariantException("the state cannot be read");

    public RolloutRow Row => Done(Store.Rollouts.FindAsync(Tenant, Web, default))
        ?? throw new InvariantException("there is no rollout yet");

    public ImmutableArray<string> Events =>
    [
        .. Done(Store.Events.ListAsync(Tenant, new EventQuery { RowsMax = 100 }, default)).Items.Reverse()
            .Select(e => e.Entry.Reason).Where(r => r.StartsWith("Rollout", StringComparison.Ordinal)),
    ];

    public void Dispose()
    {
        Plan.Dispose();
        _key.Dispose();
        _signer.Dispose();
    }

    public PlanLoop NewLoop(TimeProvider? time = null) =>
        new(Store, Tenant, _key, Wakeups, time ?? Time, NullLogger.Instance);

    /// <summary>The server's process ends and another starts: only the store is what it was.</summary>
    public void Restart()
    {
        Plan.Dispose();
        Plan = NewLoop();
    }

    public void Apply(int version, string strategy = "{type: Waves, soak: 60s}")
    {
        Digest package = Package((byte)version).Digest;
        string text = $$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {}
              models: [{name: bearing, package: "bearing@{{package}}"}]
              endpoint: {port: 8500, expose: loopback}
              strategy: {{strategy}}
            """;
        ManifestOutcome outcome = ManifestYaml.ReadSet(text);
        DeploymentSpec spec = Assert.IsType<ManifestOutcome.Valid>(outcome).Set.Deployments[0].Spec;
        DeploymentWrite write = new()
        {
            Id = spec.Id,
            SpecJson = DeploymentFormat.Write(spec),
            Packages = [package],
            AtMs = NowMs,
        };
        Done(Store.Deployments.ApplyAsync(Tenant, write, default));
    }

    public void Away(DeviceId device)
    {
        _away.Add(device);
        DeviceRow row = Done(Store.Devices.FindAsync(Tenant, device, default))!; // It was enrolled.
        Done(Store.Devices.DisconnectAsync(Tenant, device, row.ConnectionEpoch, NowMs, default));
    }

    /// <summary>Plans, and lets the devices do it, until nothing moves.</summary>
    public void Settle()
    {
        for (int round = 0; round < 20; round++)
        {
            PlanOnce();
            Obey();
        }
    }

    public void PlanOnce() => Run(Plan);

    public static void Run(PlanLoop loop)
    {
        ValueTask run = loop.RunOnceAsync(default);
        Assert.True(run.IsCompletedSuccessfully, run.IsFaulted ? run.AsTask().Exception!.ToString() : "it waits");
    }

    /// <summary>Every device that is there does what it is asked and reports it.</summary>
    public void Obey()
    {
        foreach (DeviceId device in Devices.Where(d => !_away.Contains(d)))
        {
            Report(device, [.. Asked(device).Select(w => Try(device, w))]);
        }
    }

    /// <summary>What a device is asked to run: revision and release.</summary>
    public ImmutableArray<WorkloadSpec> Asked(DeviceId device)
    {
        DesiredRow? row = Done(Store.Desired.FindAsync(Tenant, device, default));
        return row is not null && SignedMessage.TryParse(row.Signed.AsMemory(), out _) is { } signed
            ? DesiredMessage.TryRead(signed.Body, out _)!.Workloads // The planner wrote it.
            : [];
    }

    public int Have(long revision) => Devices.Count(d => Asked(d).Any(w => w.Revision == revision));

    public Digest Release(DeviceId device) => Assert.Single(Asked(device)).Digest;

    public long Generation(DeviceId device) =>
        Done(Store.Desired.FindAsync(Tenant, device, default))!.Head.Generation.Value; // It was planned for.

    /// <summary>The device says that it holds the number that it was sent, with other content.</summary>
    public void SayConflict(DeviceId device)
    {
        StatusMessage status = new()
        {
            Generation = Generation(device),
            Refused = new ProblemMessage(WireErrors.Conflict.Code, "held with other content"),
        };
        string json = JsonSerializer.Serialize(status, WireJson.Default.StatusMessage);
        Commit(device, new ReportBody.Status(json, new Generation(status.Generation), false));
    }

    /// <summary>What a device counted of what it is asked to run is in the store; nobody is woken by it.</summary>
    public void Count(DeviceId device, long requests, double milliseconds, long failures = 0)
    {
        WorkloadSpec asked = Assert.Single(Asked(device));
        FigureWindow window = TestFigures.Window(
            new InstanceId(Web, asked.Revision), asked.Digest, requests, milliseconds, failures);
        FiguresRow? row = Done(Store.Figures.FindAsync(Tenant, device, Web, default));
        ImmutableArray<FigureWindow> held = row is null ? [] : FiguresRowFormat.Read(row.Json, Web);
        FiguresWrite write = new()
        {
            Device = device,
            Deployment = Web,
            Json = FiguresRowFormat.Write(FigureLog.Add(held, [window], NowMs)),
            AtMs = NowMs,
        };
        Done(Store.Figures.SaveManyAsync(Tenant, [write], default));
    }

    public bool Save(Func<RolloutState, RolloutState?> edit)
    {
        RolloutRow row = Row;
        RolloutWrite write = new()
        {
            Id = Web,
            Parent = row.Revision,
            StateJson = RolloutFormat.Write(edit(State) ?? throw new InvariantException("not possible now")),
            AtMs = NowMs,
        };
        return Done(Store.Rollouts.SaveAsync(Tenant, write, default)) is CasOutcome.Done;
    }

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    private WorkloadStatus Try(DeviceId device, WorkloadSpec asked)
    {
        bool isBad = Bad.Any(b => asked.Models[0].Package == Package((byte)b.Key).Digest
            && (b.Value.Length == 0 || b.Value.Contains(device)));
        if (!isBad)
        {
            _serving[device] = (asked.Revision, asked.Digest);
        }

        (long revision, Digest release) = _serving.GetValueOrDefault(device);
        return new WorkloadStatus
        {
            Name = asked.Deployment.ToString(),
            Phase = revision > 0 ? "serving" : "stopped",
            TargetRelease = asked.Digest.ToString(),
            TargetRevision = asked.Revision,
            ServingRelease = revision > 0 ? release.ToString() : "",
            ServingRevision = revision,
            Problem = isBad ? new ProblemMessage("KEDGE-TEST-001", "it misses its samples") : null,
        };
    }

    private void Report(DeviceId device, IReadOnlyList<WorkloadStatus> workloads)
    {
        StatusMessage status = new() { Generation = 1, Workloads = workloads };
        string json = JsonSerializer.Serialize(status, WireJson.Default.StatusMessage);
        DeviceRow? row = Done(Store.Devices.FindAsync(Tenant, device, default));
        if (row!.StatusJson != json) // It was enrolled.
        {
            Commit(device, new ReportBody.Status(json, row.Desired.Generation, true));
        }
    }

    private void Commit(DeviceId device, ReportBody body) => Assert.Equal(
        ReportVerdict.Committed,
        Done(Store.Reports.CommitAsync(
            Tenant,
            new ReportCommit
            {
                Device = device,
                Incarnation = "i1",
                Sequence = ++_sequence,
                ReceivedAtMs = NowMs,
                Body = body,
            },
            default)));

    private void Enrol(DeviceId device)
    {
        Digest key = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"key of {device}"));
        Done(Store.Devices.EnrolAsync(
            Tenant, new DeviceEnrolment { Device = device, Incarnation = "i1", Key = key, AtMs = 1 }, default));
        Done(Store.Devices.ConnectAsync(Tenant, new DeviceConnection(device, key, "r1", 1), default));
        DeviceFacts facts = new()
        {
            Architecture = "x64",
            Cpus = [new CpuFacts(0, 0, 0, 0, 0)],
            MemoryBytes = 1L << 32,
            MemoryAvailableBytes = 1L << 32,
            DataFreeBytes = 1L << 32,
            Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
            Sandbox = "runc",
        };
        Commit(device, new ReportBody.Facts(JsonSerializer.Serialize(facts, WireJson.Default.DeviceFacts)));
    }

    private TestPackage Package(byte version)
    {
        if (!_packages.TryGetValue(version, out TestPackage? package))
        {
            package = TestPackage.Make(_signer, "bearing", version);
            _packages[version] = package;
        }

        return package;
    }

    private readonly Dictionary<byte, TestPackage> _packages = [];

    private void Push(byte version)
    {
        TestPackage package = Package(version);
        Assert.True(Dsse.TryParse(package.Envelope, out DsseEnvelope? envelope, out _));
        Assert.True(PackageFormat.TryRead(envelope!.Payload.Span, out PackageManifest? manifest, out _));
        ImmutableArray<ChunkRef> chunks = [.. manifest!.AllFiles().SelectMany(f => f.Chunks)];
        Done(Store.Chunks.AddAsync(Tenant, chunks, 1, default));
        PackageWrite write = new()
        {
            Digest = package.Digest,
            Name = "bearing",
            Envelope = [.. package.Envelope],
            ManifestJson = System.Text.Encoding.UTF8.GetString(envelope.Payload.Span),
            Chunks = chunks,
            AtMs = 1,
        };
        Done(Store.Packages.PutAsync(Tenant, write, default));
    }

    public static T Done<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        return task.Result;
    }

    private static void Done(ValueTask task) => Assert.True(task.IsCompletedSuccessfully);
}
