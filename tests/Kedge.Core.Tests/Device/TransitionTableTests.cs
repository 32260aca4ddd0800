using Kedge.Core.Device;

namespace Kedge.Core.Tests.Device;

public sealed class TransitionTableTests
{
    /// <summary>Pairs that cannot happen, each with the reason; every other pair has a row.</summary>
    private static bool IsImpossible(WorkloadPhase phase, WorkloadEventKind kind) => (phase, kind) switch
    {
        // Results of a step reach a workload only while that step is under way; the device machine drops late ones.
        (not WorkloadPhase.Fetching, WorkloadEventKind.Fetched or WorkloadEventKind.FetchFailed) => true,
        (not WorkloadPhase.Starting, WorkloadEventKind.Started or WorkloadEventKind.StartFailed) => true,
        (not WorkloadPhase.Preflighting, WorkloadEventKind.PreflightPassed) => true,
        (not WorkloadPhase.Preflighting, WorkloadEventKind.PreflightFailed) => true,
        (not WorkloadPhase.Shadowing, WorkloadEventKind.ShadowPassed or WorkloadEventKind.ShadowFailed) => true,
        (not WorkloadPhase.HandingOver, WorkloadEventKind.HandedOver or WorkloadEventKind.HandOverFailed) => true,

        // There is a candidate exactly from Starting to HandingOver, and no current in Stopped and Removing.
        (not (WorkloadPhase.Starting or WorkloadPhase.Preflighting or WorkloadPhase.Shadowing
            or WorkloadPhase.HandingOver),
            WorkloadEventKind.CandidateExited) => true,
        (WorkloadPhase.Yielding or WorkloadPhase.Stopped or WorkloadPhase.Removing,
            WorkloadEventKind.CurrentExited or WorkloadEventKind.ProvenDue
                or WorkloadEventKind.ProbeFailed) => true,
        (not WorkloadPhase.Waiting, WorkloadEventKind.RetryDue) => true,

        // Nothing waits frozen for a workload that is going.
        (WorkloadPhase.Removing, WorkloadEventKind.StandbyExited or WorkloadEventKind.StandbyParked
            or WorkloadEventKind.StandbyDue or WorkloadEventKind.MemoryShort) => true,
        _ => false,
    };

    public static TheoryData<WorkloadPhase, WorkloadEventKind> Pairs()
    {
        TheoryData<WorkloadPhase, WorkloadEventKind> pairs = [];
        foreach (WorkloadPhase phase in Enum.GetValues<WorkloadPhase>().Where(p => p != WorkloadPhase.Unknown))
        {
            foreach (WorkloadEventKind kind in Enum.GetValues<WorkloadEventKind>().Where(k => k != 0))
            {
                pairs.Add(phase, kind);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_pair_of_phase_and_event_has_a_row_or_is_impossible(WorkloadPhase phase, WorkloadEventKind kind) =>
        Assert.Equal(IsImpossible(phase, kind), WorkloadMachine.Row(phase, kind) is null);

    [Fact]
    public void Every_phase_has_a_row_in_the_resume_table() =>
        Assert.All(
            Enum.GetValues<WorkloadPhase>().Where(p => p != WorkloadPhase.Unknown),
            p => Assert.NotNull(WorkloadMachine.Row(p, WorkloadEventKind.AgentStarted)));
}
