using System.Collections.Immutable;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Tests.Support;

namespace Kedge.Core.Tests.Device;

/// <summary>A device machine on a bench: feeds events, keeps state and effects.</summary>
internal sealed class DeviceBench
{
    private TimeSpan _now = TimeSpan.FromHours(1);

    public DeviceState State { get; private set; } = DeviceState.Empty;

    public ImmutableArray<DeviceEffect> LastRun { get; private set; } = [];

    public WorkloadState W => State.Workloads.Values.Single();

    public InstanceId Candidate => W.Candidate!.Id;

    public static DeviceBench Started()
    {
        DeviceBench bench = new();
        bench.Feed(new DeviceEvent.AgentStarted([], "r1"));
        return bench;
    }

    public static DeviceBench Serving(WorkloadSpec spec)
    {
        DeviceBench bench = Started();
        bench.BringUp(1, spec);
        return bench;
    }

    public DeviceStep Feed(DeviceEvent e)
    {
        DeviceStep step = DeviceMachine.Step(State, e, _now);
        State = step.Save;
        LastRun = step.ThenRun;
        return step;
    }

    public GenerationVerdict Desire(long generation, params WorkloadSpec[] workloads)
    {
        DesiredState desired = Specs.Desired(generation, workloads);
        return Feed(new DeviceEvent.DesiredArrived(desired, Specs.ContentOf(desired))).Verdict;
    }

    public void BringUp(long generation, WorkloadSpec spec)
    {
        Desire(generation, spec);
        CompletePipeline();
    }

    public void CompletePipeline()
    {
        for (int step = 0; step < 8; step++)
        {
            switch (W.Phase)
            {
                case WorkloadPhase.Fetching:
                    Feed(new DeviceEvent.Fetched(W.Name, W.Attempt!.Digest));
                    break;
                case WorkloadPhase.Starting:
                    FeedStarted();
                    break;
                case WorkloadPhase.Preflighting:
                    Feed(new DeviceEvent.PreflightPassed(Candidate));
                    break;
                case WorkloadPhase.Shadowing:
                    Feed(new DeviceEvent.ShadowPassed(Candidate, W.Current!.Id));
                    break;
                case WorkloadPhase.HandingOver:
                    Feed(new DeviceEvent.HandedOver(Candidate));
                    break;
                default:
                    return;
            }
        }
    }

    public void FeedStarted() =>
        Feed(new DeviceEvent.Started(Candidate, (int)Candidate.Number + 100, 7, "n" + Candidate.Number));

    public void Pass(TimeSpan time)
    {
        _now += time;
        Feed(new DeviceEvent.TimerFired());
    }

    public string LastEffects() => string.Join(", ", LastRun.Select(e => e.GetType().Name));

    public string LastEffectsInFull() => string.Join(", ", LastRun.Select(e => e switch
    {
        DeviceEffect.Drain d => $"Drain {d.Instance}",
        _ => e.GetType().Name,
    }));
}
