using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Loop;

/// <summary>The agent asks what serves whether it still answers, and acts by itself, with a link and without.</summary>
public sealed class ProbeTests
{
    private static readonly TimeSpan Every = ProbeSpec.Default.Every;

    [Fact]
    public void What_answers_is_asked_now_and_then_and_left_in_peace()
    {
        using TestDevice device = Serving();
        device.Supervisor.Probed.Clear();
        device.Pass(10 * Every);
        Assert.InRange(device.Supervisor.Probed.Count, 9, 11);
        Assert.All(device.Supervisor.Probed, id => Assert.Equal(1, id.Number));
        Assert.Equal(1, Current(device));
    }

    [Fact]
    public void A_proven_instance_that_hangs_is_ended_and_started_anew_without_a_link()
    {
        using TestDevice device = Serving();
        CutOff(device);
        _ = device.Supervisor.Hung.Add(Instance(device));
        device.Pass(Every + TimeSpan.FromSeconds(5));
        Assert.Equal(2, Current(device));
        Assert.Equal([Instance(device)], device.Supervisor.Accepting);
        Assert.Null(device.Workload("bearing").Problem);

        Reconnect(device);
        Assert.Contains("ProbeFailed", device.Reasons);
        Kedge.Wire.Reported.EventMessage told = device.Messages.Select(static m => m.Event)
            .First(static e => e?.Reason == "ProbeFailed")!;
        Assert.Equal("KEDGE-DEVICE-005", told.Code);
        Assert.Equal("did not answer its probe 3 times in a row, last: no answer in 5 s", told.Message);
    }

    [Fact]
    public void A_new_release_that_hangs_each_time_is_quarantined_and_the_last_good_one_comes_back_without_a_link()
    {
        using TestDevice device = Serving();
        WorkloadSpec next = TestFleet.Workload("bearing", device.Fleet.Package("bearing", "the second"u8.ToArray()), 2);
        device.Supervisor.OnHandOver = id =>
        {
            if (device.Supervisor.ReleaseOf(id).Spec.Digest == next.Digest)
            {
                _ = device.Supervisor.Hung.Add(id);
            }

            return null;
        };
        device.Want(2, next);
        CutOff(device);
        device.Pass(TimeSpan.FromMinutes(3));

        WorkloadState workload = device.Workload("bearing");
        Assert.Equal("bearing:v1", workload.Current!.Spec.Models[0].PackageLabel);
        Assert.DoesNotContain(workload.Current.Id, device.Supervisor.Hung);
        Quarantine entry = Assert.Single(workload.Quarantined);
        Assert.Equal(next.Digest, entry.Release);
        Assert.Contains("did not answer its probe 3 times in a row", entry.Problem.Message, StringComparison.Ordinal);
        Reconnect(device);
        Assert.Contains("ReleaseQuarantined", device.Reasons);
        Assert.Equal("KEDGE-DEVICE-002", device.LastStatus!.Workloads.Single().Problem?.Code);
    }

    [Fact]
    public void One_that_misses_a_probe_now_and_then_is_left_in_peace()
    {
        using TestDevice device = Serving();
        InstanceId id = Instance(device);
        for (int i = 0; i < 5; i++)
        {
            _ = device.Supervisor.Hung.Add(id);
            int before = device.Supervisor.Probed.Count;
            for (int second = 0; second < 120 && device.Supervisor.Probed.Count < before + 2; second++)
            {
                device.Pass(TimeSpan.FromMilliseconds(500));
            }

            _ = device.Supervisor.Hung.Remove(id);
            device.Pass(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(1, Current(device));
    }

    [Fact]
    public void One_that_goes_on_answering_others_is_busy_and_not_hung()
    {
        using TestDevice device = Serving();
        CutOff(device);
        int asked = 0;
        device.Supervisor.OnProbe = _ => new StepOutcome.Failed(Blame.Release, new Problem("KEDGE-TEST-009", "late"));
        device.Supervisor.OnFigures = _ => Answered(++asked);
        device.Pass(10 * Every);
        Assert.Equal(1, Current(device));

        // It answers nobody any more.
        device.Supervisor.OnFigures = _ => Answered(asked);
        device.Pass(Every + TimeSpan.FromSeconds(10));
        Assert.NotEqual(1, Current(device));
    }

    [Fact]
    public void One_whose_figures_tell_that_it_answers_is_not_asked()
    {
        using TestDevice device = Serving();
        int total = 0;
        device.Supervisor.OnFigures = _ => Answered(total += 5);
        device.Pass(2 * Every);
        device.Supervisor.Probed.Clear();
        device.Pass(10 * Every);
        Assert.Empty(device.Supervisor.Probed);

        device.Supervisor.OnFigures = _ => Answered(total);
        device.Pass(3 * Every);
        Assert.NotEmpty(device.Supervisor.Probed);
    }

    [Fact]
    public void Nobody_is_asked_where_that_is_turned_off()
    {
        using TestDevice device = Serving(ProbeSpec.Off);
        device.Supervisor.Probed.Clear();
        _ = device.Supervisor.Hung.Add(Instance(device));
        device.Pass(20 * Every);
        Assert.Empty(device.Supervisor.Probed);
        Assert.Equal(1, Current(device));
    }

    [Fact]
    public void Only_what_serves_is_asked_while_the_old_instance_drains()
    {
        using TestDevice device = Serving();
        device.Supervisor.DrainsAtOnce = false;
        device.Want(
            2, TestFleet.Workload("bearing", device.Fleet.Package("bearing", "the second"u8.ToArray()), 2));
        Assert.Equal(2, device.Supervisor.Alive.Count);
        device.Supervisor.Probed.Clear();
        device.Pass(4 * Every);
        Assert.NotEmpty(device.Supervisor.Probed);
        Assert.All(device.Supervisor.Probed, id => Assert.Equal(2, id.Number));
    }

    [Fact]
    public void An_agent_that_starts_asks_what_it_finds()
    {
        using TestDevice device = Serving();
        device.Kill();
        device.Start();
        _ = device.Supervisor.Hung.Add(new InstanceId(new DeploymentId("bearing"), 1));
        device.Pass(Every + TimeSpan.FromSeconds(10));
        Assert.Equal(2, Current(device));
    }

    private static TestDevice Serving(ProbeSpec? probe = null)
    {
        TestDevice device = new();
        device.Start();
        WorkloadSpec spec = TestFleet.Workload("bearing", device.Fleet.Package("bearing", "the first"u8.ToArray()));
        device.Want(1, spec with { Probe = probe ?? ProbeSpec.Default });
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.True(device.Workload("bearing").Current!.Proven);
        return device;
    }

    private static void CutOff(TestDevice device)
    {
        device.Link.Refusal = MemoryLink.Unreachable;
        device.Link.Cut("the link is gone");
        device.Fleet.Source.IsAway = true;
    }

    private static void Reconnect(TestDevice device)
    {
        device.Link.Refusal = null;
        device.Fleet.Source.IsAway = false;
        device.Pass(TimeSpan.FromMinutes(1));
    }

    private static InstanceFigures Answered(int requests)
    {
        long[] counts = new long[LatencySketch.Buckets];
        counts[10] = requests;
        return new InstanceFigures(requests, 0, LatencySketch.Of(counts), 0);
    }

    private static InstanceId Instance(TestDevice device) => device.Workload("bearing").Current!.Id;

    private static long Current(TestDevice device) => Instance(device).Number;
}
