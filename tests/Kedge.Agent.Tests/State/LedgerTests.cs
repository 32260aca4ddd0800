using System.Collections.Immutable;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Tests.Support;
using Kedge.Tests.Support.Disks;
using Kedge.Wire.Desired;

namespace Kedge.Agent.Tests.State;

public sealed class LedgerTests
{
    [Fact]
    public void Every_durable_field_comes_back()
    {
        MemoryDisk disk = new();
        LedgerRecord record = Record(7) with { Sequence = 42, SeenMs = 43 };
        Assert.Null(Ledger.Open(disk).Save(record));
        LedgerRecord read = Ledger.Open(disk).Record;

        Assert.Equal(LedgerFormat.Write(record), LedgerFormat.Write(read));
        WorkloadState workload = read.Device.Workloads.Values.Single();
        Assert.Equal(WorkloadPhase.Preflighting, workload.Phase);
        Assert.Equal(TimeSpan.FromSeconds(30), workload.Target?.FigureWindow);
        Assert.Equal([new MaintenanceWindow(65, 1_320, 240)], workload.Target?.Windows);
        Assert.True(workload.Target?.Probe.IsOff);
        Assert.Equal(Limits.MiB, workload.Target?.FetchBytesPerSecond);
        Assert.Equal("bearing:v0", workload.GoodBefore?.Models[0].PackageLabel);
        Assert.True(workload.Unwanted);
        Assert.Equal(1234, workload.Candidate?.Pid);
        Assert.Equal("nonce", workload.Candidate?.Nonce);
        Assert.Single(workload.Quarantined);
        Assert.Single(workload.Passed);
        Assert.Equal(new PreflightPass(workload.Target!.Digest, "serve 0"), Assert.Single(workload.Shadowed));
        Assert.Equal(new ShadowSpec { MinRequests = 77 }, workload.Target.Shadow);
        Assert.Single(workload.Draining);
        Assert.Equal((1234, true), (workload.Standby?.Pid, workload.Standby?.Thawed));
        Assert.Equal(TimeSpan.FromMinutes(10), workload.Target?.StandbyFor);
    }

    [Fact]
    public void Cut_after_cut_no_life_reads_an_older_record_than_the_life_before_it()
    {
        for (ulong seed = 0; seed < 3_000; seed++)
        {
            Rng rng = new(seed);
            MemoryDisk disk = new();
            long known = 0;
            for (int life = 0; life < 8; life++)
            {
                CuttingDisk cutting = new(disk, 1 + rng.Below(12), rng);
                try
                {
                    Ledger ledger = Ledger.Open(cutting);
                    long read = ledger.Record.Device.Generation.Value;
                    Assert.True(read >= known, $"seed {seed} life {life}: {known} was read or saved, then {read}");
                    known = read;
                    while (ledger.Save(Record(known + 1)) is null)
                    {
                        known++;
                    }
                }
                catch (PowerCutException)
                {
                    // The next life finds out what is left.
                }

                disk.Cut(rng);
            }
        }
    }

    [Fact]
    public void A_cut_at_any_change_leaves_the_older_or_the_newer_record_whole()
    {
        long changes = Count(disk => Save(disk, 1, 2, 3));
        Assert.InRange(changes, 10, 200);
        for (long at = 1; at <= changes; at++)
        {
            for (ulong seed = 0; seed < 16; seed++)
            {
                MemoryDisk disk = new();
                Rng rng = new(seed + ((ulong)at << 8));
                long saved = 0;
                try
                {
                    saved = Save(new CuttingDisk(disk, at, rng), 1, 2, 3);
                }
                catch (PowerCutException)
                {
                    saved = LastSaved;
                }

                disk.Cut(rng);
                Ledger ledger = Ledger.Open(disk);
                long found = ledger.Record.Device.Generation.Value;
                Assert.True(
                    found == saved || found == saved + 1,
                    $"cut {at}, seed {seed}: {found} is there, {saved} was saved");
                Assert.Null(ledger.Finding);
                Assert.Null(ledger.Save(Record(found + 1)));
                Assert.Equal(found + 1, Ledger.Open(disk).Record.Device.Generation.Value);
            }
        }
    }

    [Fact]
    public void A_damaged_newest_copy_gives_the_one_before_and_skips_numbers()
    {
        MemoryDisk disk = new();
        _ = Save(disk, 1, 2);
        disk.Corrupt("state/ledger", 100);
        Ledger ledger = Ledger.Open(disk);
        Assert.Equal(1, ledger.Record.Device.Generation.Value);
        Assert.Equal("KEDGE-LEDGER-001", ledger.Finding?.Code);
        Assert.True(ledger.Record.Device.LastInstance > 500);
    }

    [Fact]
    public void Two_damaged_copies_start_from_nothing_and_say_so()
    {
        MemoryDisk disk = new();
        _ = Save(disk, 1, 2);
        disk.Corrupt("state/ledger", 100);
        disk.Corrupt("state/ledger.previous", 100);
        Ledger ledger = Ledger.Open(disk);
        Assert.Equal(Generation.None, ledger.Record.Device.Generation);
        Assert.Equal("KEDGE-LEDGER-002", ledger.Finding?.Code);
    }

    [Fact]
    public void On_a_full_disk_the_reserve_lets_it_be_saved()
    {
        MemoryDisk disk = new();
        _ = Save(disk, 1);
        disk.CapacityBytes = disk.UsedBytes;
        Ledger ledger = Ledger.Open(disk);
        Assert.Null(ledger.Save(Record(2)));
        Assert.Equal(2, Ledger.Open(disk).Record.Device.Generation.Value);
    }

    private static long LastSaved { get; set; }

    private static long Count(Action<IDisk> action)
    {
        CuttingDisk disk = new(new MemoryDisk(), 0, new Rng(1));
        action(disk);
        return disk.Changes;
    }

    private static long Save(IDisk disk, params ReadOnlySpan<long> generations)
    {
        LastSaved = 0;
        Ledger ledger = Ledger.Open(disk);
        foreach (long generation in generations)
        {
            Assert.Null(ledger.Save(Record(generation)));
            LastSaved = generation;
        }

        return LastSaved;
    }

    private static LedgerRecord Record(long generation)
    {
        Core.Desired.WorkloadSpec spec = Specs.Workload("bearing", "v1");
        spec = spec with
        {
            Digest = DesiredMessage.ReleaseDigest(spec),
            FigureWindow = TimeSpan.FromSeconds(30),
            Windows = [new MaintenanceWindow(65, 1_320, 240)],
            Shadow = new ShadowSpec { MinRequests = 77 },
            StandbyFor = TimeSpan.FromMinutes(10),
            Probe = Core.Desired.ProbeSpec.Off,
            FetchBytesPerSecond = Limits.MiB,
        };
        InstanceState instance = new()
        {
            Id = new InstanceId(spec.Deployment, 5),
            Spec = spec,
            Pid = 1234,
            StartTicks = 99,
            Nonce = "nonce",
            Proven = true,
        };
        Problem problem = new("KEDGE-TEST-001", "a reason");
        return new LedgerRecord
        {
            Device = new DeviceState
            {
                Generation = new Generation(generation),
                Content = Digest.Of("content"u8),
                LastInstance = 6,
                UncleanStarts = 1,
                Runtime = "serve 1",
                Workloads = ImmutableSortedDictionary<DeploymentId, WorkloadState>.Empty.Add(
                    spec.Deployment,
                    new WorkloadState
                    {
                        Name = spec.Deployment,
                        Phase = WorkloadPhase.Preflighting,
                        Unwanted = true,
                        Target = spec,
                        TargetGeneration = new Generation(generation),
                        Attempt = spec,
                        LastGood = spec,
                        GoodBefore = Specs.Workload("bearing", "v0"),
                        Current = instance,
                        Candidate = instance with { Id = new InstanceId(spec.Deployment, 6) },
                        Standby = instance with { Id = new InstanceId(spec.Deployment, 3), Thawed = true },
                        Draining = [instance with { Id = new InstanceId(spec.Deployment, 4) }],
                        Quarantined = [new Quarantine(spec.Digest, new Generation(1), 3, problem)],
                        Passed = [new PreflightPass(spec.Digest, "serve 1")],
                        Shadowed = [new PreflightPass(spec.Digest, "serve 0")],
                        FailuresInRow = 2,
                        Problem = problem,
                    }),
            },
        };
    }
}
