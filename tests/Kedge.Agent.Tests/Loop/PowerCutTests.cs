using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Loop;

/// <summary>Power is cut at every change of the disk, from the first message to a served second version.</summary>
public sealed class PowerCutTests
{
    private static readonly byte[] ModelOne = [.. Enumerable.Range(0, 150_000).Select(static i => (byte)(i * 31 >> 3))];
    private static readonly byte[] ModelTwo = [.. ModelOne[..140_000], .. "and another end"u8.ToArray()];

    [Fact]
    public void Cut_at_any_change_the_next_start_comes_to_the_desired_state()
    {
        long changes = 0;
        using (TestDevice device = new())
        {
            CuttingDisk disk = new(device.Disk, 0, new Rng(1));
            Story(device, disk);
            changes = disk.Changes;
        }

        Assert.InRange(changes, 50, 2000);
        for (long at = 1; at <= changes; at++)
        {
            Cut(at);
        }
    }

    private static void Cut(long at)
    {
        using TestDevice device = new();
        Rng rng = new((ulong)at);
        try
        {
            Story(device, new CuttingDisk(device.Disk, at, rng));
        }
        catch (PowerCutException)
        {
            // The device is off.
        }

        long held = device.Agent?.State.Generation.Value ?? 0;
        device.Kill();
        device.Supervisor.PowerOff();
        device.Disk.Cut(rng);
        device.Start();
        Assert.True(device.Agent!.State.Generation.Value <= held, $"cut {at}: a generation came from nowhere");
        device.Wanted = device.Fleet.Sign(device.Fleet.State(
            2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo), revision: 2)));
        device.Pass(TimeSpan.FromMinutes(2));

        Assert.True(
            device.Workload("bearing").Phase == WorkloadPhase.Serving,
            $"cut {at}: {device.Workload("bearing").Phase} {device.Workload("bearing").Problem}");
        Assert.Equal(2, device.Workload("bearing").Current?.Spec.Revision);
        Assert.Single(device.Supervisor.Accepting);
        Assert.True(device.LastStatus?.Settled, $"cut {at}: the last status is not settled: "
            + string.Join(" | ", device.Messages.TakeLast(8)
                .Select(static m => $"{m.Sequence} {m.Event?.Reason}{m.Status?.Settled}")));
    }

    private static void Story(TestDevice device, CuttingDisk disk)
    {
        device.Start(disk);
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        device.Want(2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo), revision: 2));
        device.Pass(TimeSpan.FromMinutes(2));
    }
}
