using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Tests.Support;

namespace Kedge.Core.Tests.Device;

public sealed class DeviceMachineTests
{
    private static readonly WorkloadSpec V1 = Specs.Workload("bearing", "v1", 1);
    private static readonly WorkloadSpec V2 = Specs.Workload("bearing", "v2", 2);
    private static readonly WorkloadSpec V3 = Specs.Workload("bearing", "v3", 3);

    [Fact]
    public void A_release_is_fetched_started_preflighted_and_handed_the_listener()
    {
        DeviceBench device = DeviceBench.Started();
        Assert.Equal(GenerationVerdict.Newer, device.Desire(1, V1));
        Assert.Equal("Fetch", device.LastEffects());
        device.Feed(new DeviceEvent.Fetched(V1.Deployment, V1.Digest));
        Assert.Equal("Start", device.LastEffects());
        device.FeedStarted();
        Assert.Equal("Preflight", device.LastEffects());
        device.Feed(new DeviceEvent.PreflightPassed(device.Candidate));
        Assert.Equal("HandOver", device.LastEffects());
        device.Feed(new DeviceEvent.HandedOver(device.Candidate));
        Assert.Equal(WorkloadPhase.Serving, device.W.Phase);
        Assert.Null(device.W.Problem);
    }

    [Fact]
    public void Golden_samples_are_tried_again_when_another_share_of_them_must_agree()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        device.BringUp(2, V2 with { GoldenPpm = 900_000 });
        Assert.Equal("HandOver", AfterStart(3, V1 with { Revision = 3 }));
        device.CompletePipeline();
        Assert.Equal("Preflight", AfterStart(4, V2 with { Revision = 4 }));

        string AfterStart(long generation, WorkloadSpec spec)
        {
            device.Desire(generation, spec);
            device.Feed(new DeviceEvent.Fetched(spec.Deployment, spec.Digest));
            device.FeedStarted();
            return device.LastEffects();
        }
    }

    [Fact]
    public void A_new_release_takes_over_before_the_old_one_drains()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        InstanceId old = device.W.Current!.Id;
        device.BringUp(2, V2);
        Assert.Equal(V2, device.W.Current!.Spec);
        Assert.Equal($"Drain {old}", device.LastEffectsInFull());
        device.Feed(new DeviceEvent.Exited(old, Gone));
        Assert.Empty(device.W.Draining);
        Assert.Equal(WorkloadPhase.Serving, device.W.Phase);
    }

    [Fact]
    public void A_release_that_misses_its_golden_samples_is_quarantined_and_the_old_one_goes_on()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        InstanceId old = device.W.Current!.Id;
        device.Desire(2, V3);
        device.Feed(new DeviceEvent.Fetched(V3.Deployment, V3.Digest));
        device.FeedStarted();
        device.Feed(new DeviceEvent.PreflightFailed(
            device.Candidate, Blame.ReleaseForGood, new Problem("X", "3 of 40")));
        Assert.Equal(WorkloadPhase.Serving, device.W.Phase);
        Assert.Equal(old, device.W.Current!.Id);
        Assert.True(device.W.IsFallback);
        Assert.Equal("3 of 40", device.W.Problem!.Message);
        Assert.Equal("Stop", device.LastEffects());
    }

    [Fact]
    public void Asked_for_under_a_new_revision_a_quarantined_release_is_tried_again()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        device.Desire(2, V3);
        device.Feed(new DeviceEvent.FetchFailed(V3.Deployment, V3.Digest, Blame.ReleaseForGood, Gone));
        Assert.Equal(WorkloadPhase.Serving, device.W.Phase);
        device.Desire(3, V3);
        Assert.Equal(WorkloadPhase.Serving, device.W.Phase);
        device.Desire(4, V3 with { Revision = 9 });
        Assert.Equal(WorkloadPhase.Fetching, device.W.Phase);
    }

    [Fact]
    public void A_release_that_keeps_crashing_gives_way_to_the_last_good_one()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        device.Pass(Limits.ProvenAfter);
        device.BringUp(2, V2);
        device.Feed(new DeviceEvent.Exited(device.W.Draining[0].Id, Gone));
        for (int crash = 1; crash <= Limits.ReleaseFailuresMax; crash++)
        {
            Assert.Equal(V2, device.W.Current!.Spec);
            device.Feed(new DeviceEvent.Exited(device.W.Current!.Id, new Problem("KEDGE-SANDBOX-009", "killed")));
            if (crash < Limits.ReleaseFailuresMax)
            {
                // Nothing serves, so that the last good release fills in while the new one waits for its next try.
                device.CompletePipeline();
                Assert.Equal(V1, device.W.Current!.Spec);
                device.Pass(Limits.RetryDelayMax);
                device.CompletePipeline();
            }
        }

        device.CompletePipeline();
        Assert.Equal(V1, device.W.Current!.Spec);
        Assert.Equal(WorkloadPhase.Serving, device.W.Phase);
        Assert.Equal(DeviceErrors.CrashLoop.Code, device.W.Problem!.Code);
    }

    [Fact]
    public void A_crash_while_the_old_one_drains_takes_the_drain_back()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        InstanceId old = device.W.Current!.Id;
        device.BringUp(2, V2);
        device.Feed(new DeviceEvent.Exited(device.W.Current!.Id, Gone));
        Assert.Contains(device.LastRun, e => e is DeviceEffect.Resume r && r.Instance == old);
        Assert.Equal(old, device.W.Current!.Id);
    }

    [Fact]
    public void Late_results_change_nothing()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        DeviceState before = device.State;
        device.Feed(new DeviceEvent.Fetched(V2.Deployment, V2.Digest));
        device.Feed(new DeviceEvent.HandedOver(new InstanceId(V1.Deployment, 99)));
        device.Feed(new DeviceEvent.Exited(new InstanceId(V1.Deployment, 99), Gone));
        Assert.Same(before, device.State);
    }

    [Fact]
    public void An_older_generation_is_never_applied()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        Assert.Equal(GenerationVerdict.Newer, device.Desire(5, V1));
        Assert.Equal(GenerationVerdict.Stale, device.Desire(4, V2));
        Assert.Equal(GenerationVerdict.Same, device.Desire(5, V1));
        Assert.Equal(GenerationVerdict.Conflict, device.Desire(5, V2));
        Assert.Equal(V1, device.W.Target);
    }

    [Fact]
    public void A_restarted_agent_adopts_what_is_alive_and_starts_what_is_not()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        InstanceId current = device.W.Current!.Id;
        device.Feed(new DeviceEvent.AgentStarted([current], "r1"));
        Assert.Equal("Watch", device.LastEffects());
        device.Feed(new DeviceEvent.AgentStarted([], "r1"));
        Assert.Equal("Fetch", device.LastEffects());
        device.Feed(new DeviceEvent.Fetched(V1.Deployment, V1.Digest));
        device.FeedStarted();
        Assert.Equal("HandOver", device.LastEffects()); // its golden samples passed before
    }

    [Fact]
    public void Crashes_of_the_agent_quarantine_what_the_newest_generation_brought()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        device.Pass(Limits.ProvenAfter);
        device.BringUp(2, V2);
        for (int i = 0; i <= Limits.UncleanStartsMax; i++)
        {
            device.Feed(new DeviceEvent.AgentStarted([], "r1"));
        }

        device.CompletePipeline();
        Assert.Equal(V1, device.W.Current!.Spec);
        Assert.Equal(DeviceErrors.PoisonGeneration.Code, device.W.Problem!.Code);
    }

    [Fact]
    public void A_deleted_deployment_drains_and_is_forgotten()
    {
        DeviceBench device = DeviceBench.Serving(V1);
        InstanceId current = device.W.Current!.Id;
        device.Desire(2);
        Assert.Equal("CloseListener, Drain", device.LastEffects());
        device.Feed(new DeviceEvent.Exited(current, Gone));
        Assert.Empty(device.State.Workloads);
    }

    private static readonly Problem Gone = new("KEDGE-TEST-001", "gone");
}
