using Kedge.Agent;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Simulation.Time;
using Kedge.Tests.Support.Devices;
using Kedge.Tests.Support.Disks;
using Kedge.Wire.Reported;

namespace Kedge.Simulation.World;

/// <summary>One device: a disk and processes that outlive its agent, and the production agent loop over them.</summary>
internal sealed class SimDevice
{
    private readonly SimScheduler _scheduler;
    private readonly MemoryDisk _disk = new();
    private readonly Func<Faults> _faults;
    private readonly Dictionary<InstanceId, (TimeSpan Since, int PerSecond)> _compared = [];
    private bool _pumping;

    public SimDevice(
        string name, SimScheduler scheduler, SimNetwork network, Rng rng, Func<Faults> faults, Severity? severity)
    {
        _scheduler = scheduler;
        _faults = faults;
        Id = new DeviceId(name);
        Network = network;
        Rng = rng;
        Key = Digest.Of(System.Text.Encoding.UTF8.GetBytes("key of " + name));
        Incarnation = rng.Hex(16);
        Time = new SimTime(scheduler);
        Processes = new MemorySupervisor
        {
            OnPreflight = r => Refuses(SimContent.Of(r.Models[0].Package).Behaviour)
                ? new StepOutcome.Failed(Blame.ReleaseForGood, new Problem("KEDGE-SIM-003", "golden samples missed"))
                : null,
            OnShadow = Compare,
            OnStart = Start,
        };
        if (severity is not null)
        {
            Traffic = new Traffic(scheduler, this, new Rng(rng.Next()), severity);
            Processes.OnFigures = Traffic.Read;
        }

        _disk.FaultAt = path => !network.Happens(_faults().DiskFaults / 50) ? DiskFault.Unknown
            : rng.Below(3) == 0 ? DiskFault.Failed : DiskFault.Full;
    }

    public DeviceId Id { get; }

    public Digest Key { get; }

    public string Incarnation { get; }

    public SimNetwork Network { get; }

    public Rng Rng { get; }

    public SimTime Time { get; }

    public MemorySupervisor Processes { get; }

    /// <summary>Who asks it for answers; null in a world whose model servers do not count.</summary>
    public Traffic? Traffic { get; }

    /// <summary>True when its instances answer and count.</summary>
    public bool HasTraffic => Traffic is { PerSecond: > 0 };

    public Faults Faults => _faults();

    /// <summary>What its agent says of images.</summary>
    public string ImageDecoding { get; init; } = "";

    /// <summary>The second of the two kinds of hardware.</summary>
    public bool IsOtherKind => (Id.ToString()[1] - '0') % 2 == 1;

    /// <summary>True when a release of this behaviour never serves here.</summary>
    public bool Refuses(Behaviour behaviour) =>
        behaviour is Behaviour.FailsGolden or Behaviour.ForeignKey
        || (behaviour == Behaviour.FailsOnOneKind && IsOtherKind);

    /// <summary>The running agent; null while it is down.</summary>
    public AgentLoop? Agent { get; private set; }

    /// <summary>Number of the agent's life; 0 while it is down.</summary>
    public int Life { get; private set; }

    /// <summary>Highest sequence of this device that a server acknowledged after committing it.</summary>
    public long AcknowledgedSequence { get; private set; }

    /// <summary>Newest generation that any life of the agent held after saving it.</summary>
    public Generation Held { get; private set; }

    private int _lives;

    public void Start()
    {
        if (Agent is not null)
        {
            return;
        }

        Life = ++_lives;
        SimDrivers drivers = new(this, Life);
        long cutAt = Network.Happens(_faults().CutAtWrite) ? 1 + Rng.Below(60) : 0;
        CuttingDisk disk = new(_disk, cutAt, Rng);
        AgentIdentity identity = new()
        {
            Tenant = TenantId.Default,
            Device = Id,
            DeviceKey = Key,
            Incarnation = Incarnation,
            OwnerKey = SimContent.OwnerKey,
        };
        try
        {
            Agent = new AgentLoop(disk, drivers, drivers, drivers, Time, new Rng(Rng.Next()), identity, new AgentOptions
            {
                AgentVersion = "sim",
                ReadFacts = Facts,
                ReadMemory = () => Limits.MemoryFloorBytes * (Rng.Below(16) == 0 ? 0 : 4),
            });
        }
        catch (PowerCutException)
        {
            PowerCut();
        }
        catch (DiskException)
        {
            // It cannot even open its disk: the init system starts it again.
            Crash();
        }
    }

    /// <summary>kill -9: processes go on, the disk keeps what was written.</summary>
    public void Crash()
    {
        Agent = null;
        Life = 0;
        _scheduler.After(TimeSpan.FromMilliseconds(100 + Rng.Below(5000)), Start);
    }

    /// <summary>Power is gone: processes too, and what was not synced.</summary>
    public void PowerCut()
    {
        Agent = null;
        Life = 0;
        Processes.PowerOff();
        _disk.Cut(Rng);
        _scheduler.After(TimeSpan.FromMilliseconds(1000 + Rng.Below(20_000)), Start);
    }

    public void PumpSoon()
    {
        if (_pumping || Agent is null || !(Agent.HasWork || !Agent.IsReady))
        {
            return;
        }

        _pumping = true;
        int life = Life;
        _scheduler.After(TimeSpan.FromTicks(1 + Rng.Below(20_000)), () =>
        {
            _pumping = false;
            if (Life == life && Agent is not null)
            {
                Pump(Agent);
            }
        });
    }

    public void Acknowledged(byte[] payload)
    {
        UpMessage message =
            UpMessageFormat.TryRead(payload, out _) ?? throw new InvariantException("unreadable report");
        AcknowledgedSequence = Math.Max(AcknowledgedSequence, message.Sequence);
    }

    public void HandedOver(InstanceId instance)
    {
        SimPackage package = Processes.Alive.Contains(instance)
            ? SimContent.Of(Processes.ReleaseOf(instance).Models[0].Package)
            : SimContent.Packages[0];
        Check.That(package.Behaviour is Behaviour.Crashes || !Refuses(package.Behaviour));
        if (package.Behaviour == Behaviour.Crashes)
        {
            _scheduler.After(TimeSpan.FromMilliseconds(200 + Rng.Below(4000)), () => Processes.Crash(instance));
        }
        else if (package.Behaviour == Behaviour.Hangs)
        {
            _scheduler.After(
                TimeSpan.FromMilliseconds(200 + Rng.Below(4000)), () => _ = Processes.Hung.Add(instance));
        }
    }

    /// <summary>True when an instance has the listener and answers.</summary>
    public bool Answers(InstanceId instance) =>
        Processes.Accepting.Contains(instance) && !Processes.Hung.Contains(instance);

    public string Describe() =>
        $"{Id} life {Life}: " + (Agent is null ? "down" : string.Join("; ", Agent.State.Workloads.Values
        .Select(w => $"{w.Name} {w.Phase} current {w.Current?.Id} {w.Current?.Spec.Models[0].PackageLabel} target "
            + $"{w.Target?.Models[0].PackageLabel} {w.Problem?.Code} {w.Problem?.Message} q{w.Quarantined.Length} good "
            + $"{w.LastGood?.Models[0].PackageLabel} before {w.GoodBefore?.Models[0].PackageLabel}"))
        + $" generation {Agent.State.Generation} link {Agent.Snapshot.IsLinkUp} {Agent.Snapshot.LinkProblem?.Message} "
        + $"spool {Agent.Snapshot.SpoolMessages} refused {Agent.Snapshot.Status.Refused?.Message}"
        + $" alive {string.Join(',', Processes.Alive)} accepting {string.Join(',', Processes.Accepting)}");

    /// <summary>
    /// What a comparison has come to: all agree but those of a release that answers with errors, as fast as clients
    /// ask,
    /// which on some devices nobody does.
    /// </summary>
    private ShadowOutcome Compare(InstanceId instance, ShadowSpec spec)
    {
        if (Network.Happens(_faults().StartFailures))
        {
            return new ShadowOutcome.Failed(new Problem("KEDGE-SIM-005", "it does not answer"));
        }

        if (!_compared.TryGetValue(instance, out (TimeSpan Since, int PerSecond) seen))
        {
            seen = (_scheduler.Now, Rng.Below(3) * 5);
            _compared.Add(instance, seen);
        }

        bool isWrong = SimContent.Of(Processes.ReleaseOf(instance).Models[0].Package).Behaviour == Behaviour.Wrong;
        TimeSpan time = _scheduler.Now - seen.Since;
        long count = (long)(time.TotalSeconds * seen.PerSecond);
        return new ShadowOutcome.Counted(new ShadowCounts(
            count, isWrong ? count * 7 / 10 : count, 0, time, isWrong && count > 0 ? "it answered with an error" : ""));
    }

    private void Pump(AgentLoop agent)
    {
        try
        {
            ValueTask run = agent.RunOnceAsync(CancellationToken.None);
            Check.That(run.IsCompleted);
            run.GetAwaiter().GetResult();
            Held = agent.State.Generation.CompareTo(Held) > 0 && agent.Snapshot.Status.Refused is null
                ? agent.State.Generation
                : Held;
        }
        catch (PowerCutException)
        {
            PowerCut();
        }
    }

    /// <summary>Placement knows what a device lacks before it is asked.</summary>
    private StartOutcome.Failed? Start(PreparedRelease release)
    {
        if (release.Models[0].DecodesImages)
        {
            Check.That(ImageDecoding != DeviceFacts.ImagesOff);
            SimContent.StartImages();
        }

        return null;
    }

    private DeviceFacts Facts() => new()
    {
        Architecture = "x64",
        Cpus = [new CpuFacts(0, 0, 0, 0, 0), new CpuFacts(1, 1, 0, 0, 0)],
        MemoryBytes = 1024L * Limits.MiB,
        Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
        Sandbox = "runc 1.1.5",
        ImageDecoding = ImageDecoding,
    };
}
