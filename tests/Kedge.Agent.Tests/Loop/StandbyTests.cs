using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Device;

namespace Kedge.Agent.Tests.Loop;

/// <summary>An agent that keeps what was replaced, on in-memory borders.</summary>
public sealed class StandbyTests
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);
    private long _available = 900L * Limits.MiB;

    [Fact]
    public void A_way_back_starts_nothing_and_says_so()
    {
        using TestDevice device = Replaced(out WorkloadSpec old);
        InstanceId first = Assert.Single(device.Supervisor.Frozen);
        Assert.StartsWith(
            $"bearing:v1 waits frozen as {first} until ", device.LastStatus!.Workloads[0].Standby,
            StringComparison.Ordinal);
        Assert.EndsWith(" UTC, 34 MiB", device.LastStatus.Workloads[0].Standby, StringComparison.Ordinal);

        device.Want(3, old with { Revision = 1 });

        Assert.Equal([first], device.Supervisor.Alive);
        Assert.Equal([first], device.Supervisor.Accepting);
        Assert.Equal(2, device.Supervisor.Started.Count);
        Assert.Null(device.LastStatus.Workloads[0].Standby);
        Assert.Contains("ReleaseKept", device.Reasons);
        Assert.Contains(device.Messages, m => m.Event?.Message == $"bearing:v1 serves as {first}, thawed");
    }

    [Fact]
    public void What_waits_ends_when_its_time_is_over()
    {
        using TestDevice device = Replaced(out _);
        device.Pass(Kept - TimeSpan.FromSeconds(1));
        Assert.Single(device.Supervisor.Frozen);
        device.Pass(TimeSpan.FromSeconds(1));
        Assert.Single(device.Supervisor.Alive);
        Assert.Null(device.LastStatus!.Workloads[0].Standby);
    }

    [Fact]
    public void What_waits_gives_way_when_memory_is_short()
    {
        using TestDevice device = Replaced(out _);
        _available = 63L * Limits.MiB;
        device.Pass(AgentLimits.MemoryPeriod);
        Assert.Single(device.Supervisor.Alive);
        Assert.Equal(
            "bearing:v1 is not kept any more: 63 MiB are available, 64 MiB stay free",
            device.LastStatus!.Workloads[0].Standby);
        Assert.Contains("ReleaseNotKept", device.Reasons);
    }

    [Fact]
    public void An_agent_that_was_killed_adopts_what_waits_and_can_thaw_it()
    {
        using TestDevice device = Replaced(out WorkloadSpec old);
        InstanceId first = Assert.Single(device.Supervisor.Frozen);
        device.Kill();
        Start(device);
        device.Run();
        Assert.Equal([first], device.Supervisor.Frozen);
        Assert.Equal(2, device.Supervisor.Alive.Count);

        device.Want(3, old with { Revision = 1 });

        Assert.Equal([first], device.Supervisor.Accepting);
        Assert.Equal(2, device.Supervisor.Started.Count);
    }

    [Fact]
    public void Without_room_for_both_the_old_one_ends_first_and_the_listener_stays()
    {
        using TestDevice device = new();
        Start(device);
        WorkloadSpec old = Of(device, 1);
        device.Want(1, old);
        device.Pass(Limits.ProvenAfter);
        InstanceId first = Assert.Single(device.Supervisor.Accepting);
        _available = 40L * Limits.MiB;
        device.Supervisor.DrainsAtOnce = false;
        device.Want(2, Of(device, 2));

        Assert.Equal(WorkloadPhase.Yielding, device.Workload("bearing").Phase);
        Assert.Equal([first], device.Supervisor.Alive);
        Assert.Empty(device.Supervisor.Accepting);
        Assert.Single(device.Supervisor.Listeners);
        Assert.Equal("yielding", device.LastStatus!.Workloads[0].Phase);
        device.Supervisor.FinishDrains();
        device.Run();

        Assert.Equal(2, device.Supervisor.Started.Count);
        Assert.NotEqual(first, Assert.Single(device.Supervisor.Accepting));
        Assert.Equal(
            "swapped cold: 40 MiB are available, bearing:v2 needs 256 MiB and 64 MiB stay free",
            device.LastStatus.Workloads[0].Swap);
        Assert.Contains("SwapCold", device.Reasons);
    }

    private static WorkloadSpec Of(TestDevice device, byte model) =>
        TestFleet.Workload("bearing", device.Fleet.Package("bearing", [model]), model) with
        {
            Resources = new Core.Deployments.ResourceSpec { MemoryRequestBytes = 256L * Limits.MiB },
        };

    private TestDevice Replaced(out WorkloadSpec old)
    {
        TestDevice device = new();
        device.Supervisor.OnMemory = static _ => 34L * Limits.MiB;
        Start(device);
        old = TestFleet.Workload("bearing", device.Fleet.Package("bearing", [1])) with { StandbyFor = default };
        device.Want(1, old);
        device.Pass(Limits.ProvenAfter);
        device.Want(2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", [2]), 2) with
        {
            StandbyFor = Kept,
        });
        return device;
    }

    private void Start(TestDevice device) =>
        device.Start(options: new AgentOptions { ReadMemory = () => _available });
}
