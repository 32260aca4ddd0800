using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Loop;

/// <summary>A release that is compared with live requests, from the desired state to what is reported.</summary>
public sealed class ShadowTests
{
    private static readonly byte[] ModelOne = "the first model"u8.ToArray();
    private static readonly byte[] ModelTwo = "the second model"u8.ToArray();
    private static readonly ShadowSpec Spec = new() { MinRequests = 200, Time = TimeSpan.FromMinutes(10) };

    [Fact]
    public void A_release_that_agrees_serves_once_enough_was_compared()
    {
        using TestDevice device = new();
        long compared = 0;
        WorkloadSpec next = Begin(device, () => Counts(compared += 40, compared));
        device.Want(2, next);
        Assert.Equal(WorkloadPhase.Shadowing, device.Workload("bearing").Phase);
        Assert.Equal((1, 1), (Serving(device), device.Supervisor.Shadows.Count));
        Kedge.Wire.Reported.WorkloadStatus status = device.LastStatus!.Workloads.Single();
        Assert.Equal("shadowing", status.Phase);
        Assert.Equal("KEDGE-DEVICE-008", status.Problem?.Code);
        Assert.Equal(
            "agreed on 40 of 40 answers to live requests, asked for are 99 %; it serves after 200, or in 599 s",
            status.Problem?.Message);

        device.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal((1, 160), (Serving(device), compared));
        device.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((2, 200), (Serving(device), compared));
        Assert.Empty(device.Supervisor.Shadows);
        Assert.Null(device.LastStatus?.Workloads.Single().Problem);
        Assert.Equal(
            "bearing.2 agreed on 200 of 200 answers to live requests, asked for are 99 %; 3 copies were dropped",
            device.Messages.Single(static m => m.Event?.Reason == "ShadowPassed").Event!.Message);
    }

    [Fact]
    public void A_release_that_disagrees_is_refused_without_a_link()
    {
        using TestDevice device = new();
        long compared = 0;
        WorkloadSpec next = Begin(device, () => Counts(compared += 20, compared * 7 / 10, "output 'label': element 0"));
        device.Supervisor.OnShadow = (_, _) => Counts(0, 0);
        device.Want(2, next);
        device.Link.Refusal = MemoryLink.Unreachable;
        device.Link.Cut("the link is gone");
        device.Supervisor.OnShadow = (_, _) => Counts(compared += 20, compared * 7 / 10, "output 'label': element 0");
        device.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(1, Serving(device));
        WorkloadState workload = device.Workload("bearing");
        Assert.Equal(WorkloadPhase.Serving, workload.Phase);
        Assert.Equal("KEDGE-DEVICE-007", workload.Problem?.Code);
        Assert.Equal(
            "agreed on 14 of 20 answers to live requests, asked for are 99 %; the first difference: "
            + "output 'label': element 0",
            workload.Problem?.Message);
        Assert.Equal(next.Digest, Assert.Single(workload.Quarantined).Release);
        Assert.Empty(device.Supervisor.Shadows);
        Assert.Single(device.Supervisor.Alive);
    }

    [Fact]
    public void Where_nobody_asks_it_passes_when_its_time_is_over()
    {
        using TestDevice device = new();
        TimeSpan from = default;
        WorkloadSpec next = Begin(
            device, () => new ShadowOutcome.Counted(new ShadowCounts(0, 0, 0, device.Time.Elapsed - from, "")));
        from = device.Time.Elapsed;
        device.Want(2, next);
        device.Pass(Spec.Time - TimeSpan.FromSeconds(2));
        Assert.Equal(1, Serving(device));
        device.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(2, Serving(device));
    }

    [Fact]
    public void Progress_is_told_now_and_then_and_not_with_every_look()
    {
        using TestDevice device = new();
        long compared = 0;
        device.Want(2, Begin(device, () => Counts(++compared, compared)));
        int before = device.Messages.Count(static m => m.Status is not null);
        device.Pass(TimeSpan.FromSeconds(100));
        Assert.InRange(compared, 100, 102);
        Assert.InRange(device.Messages.Count(static m => m.Status is not null) - before, 9, 11);
    }

    [Fact]
    public void A_new_agent_goes_on_with_what_was_counted()
    {
        using TestDevice device = new();
        long compared = 0;
        WorkloadSpec next = Begin(device, () => Counts(compared += 40, compared));
        device.Want(2, next);
        device.Pass(TimeSpan.FromSeconds(2));
        device.Kill();
        device.Start();
        device.Run();
        Assert.Equal((WorkloadPhase.Shadowing, 1), (device.Workload("bearing").Phase, Serving(device)));
        device.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((2, 200), (Serving(device), compared));
        Assert.Equal(2, device.Supervisor.Started.Count);
    }

    [Fact]
    public void A_release_that_is_superseded_is_not_compared_any_more()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, () => Counts(10, 10));
        device.Want(2, next);
        Assert.Single(device.Supervisor.Shadows);
        device.Want(3, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne), 3));
        Assert.Empty(device.Supervisor.Shadows);
        Assert.Equal((1, 3), (Serving(device), device.LastStatus?.Workloads.Single().ServingRevision));
        Assert.Single(device.Supervisor.Alive);
    }

    [Fact]
    public void A_new_release_that_dies_while_it_is_compared_is_tried_again_and_then_refused()
    {
        using TestDevice device = new();
        device.Want(2, Begin(device, () => Counts(10, 10)));
        for (int i = 0; i < 3; i++)
        {
            device.Supervisor.Crash(device.Workload("bearing").Candidate!.Id);
            device.Pass(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(1, Serving(device));
        Assert.Equal("KEDGE-DEVICE-002", device.Workload("bearing").Problem?.Code);
        Assert.Empty(device.Supervisor.Shadows);
    }

    [Fact]
    public void A_comparison_that_cannot_be_looked_at_is_tried_again_and_blames_the_device()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, () => new ShadowOutcome.Failed(new Problem("KEDGE-TEST-009", "no answer")));
        device.Want(2, next);
        device.Pass(TimeSpan.FromSeconds(9));
        Assert.Equal(WorkloadPhase.Waiting, device.Workload("bearing").Phase);
        Assert.Empty(device.Workload("bearing").Quarantined);
        device.Supervisor.OnShadow = null;
        device.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(2, Serving(device));
    }

    [Fact]
    public void Beside_a_model_server_that_cannot_copy_requests_it_serves_and_says_so()
    {
        using TestDevice device = new();
        device.Want(2, Begin(device, static () => new ShadowOutcome.TooOld()));
        Assert.Equal(2, Serving(device));
        Assert.Equal(
            "bearing.1 is of a version that cannot copy requests: bearing.2 serves without a comparison",
            device.Messages.Single(static m => m.Event?.Reason == "ShadowPassed").Event!.Message);
    }

    /// <summary>The first release serves; what every look finds is <paramref name="look"/>.</summary>
    private static WorkloadSpec Begin(TestDevice device, Func<ShadowOutcome> look)
    {
        device.Supervisor.OnShadow = (_, _) => look();
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne)));
        device.Pass(Limits.ProvenAfter);
        return TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo), 2) with { Shadow = Spec };
    }

    private static ShadowOutcome.Counted Counts(long compared, long agreed, string first = "") =>
        new(new ShadowCounts(compared, agreed, 3, TimeSpan.FromSeconds(1), first));

    private static long Serving(TestDevice device) =>
        device.Supervisor.ReleaseOf(device.Supervisor.Accepting.Single()).Spec.Revision;
}
