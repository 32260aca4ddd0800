using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>
/// What is worth remembering of one step: derived from the state before and after, so that nothing is told twice.
/// </summary>
internal static class EventReport
{
    /// <summary>Events of one step, in the order of the workloads.</summary>
    internal static ImmutableArray<EventMessage> Of(DeviceState before, DeviceState after)
    {
        ImmutableArray<EventMessage>.Builder events = ImmutableArray.CreateBuilder<EventMessage>();
        if (before.Generation != after.Generation)
        {
            events.Add(new EventMessage
            {
                Reason = "DesiredAccepted",
                Message = $"generation {after.Generation} with {after.Workloads.Count} workloads is applied",
            });
        }

        foreach (DeploymentId name in before.Names.Union(after.Names).Order())
        {
            AddWorkload(
                events, name, before.Workloads.GetValueOrDefault(name), after.Workloads.GetValueOrDefault(name));
        }

        return events.ToImmutable();
    }

    private static void AddWorkload(
        ImmutableArray<EventMessage>.Builder events, DeploymentId name, WorkloadState? before, WorkloadState? after)
    {
        void Add(string reason, string message, bool warning, string code) => events.Add(new EventMessage
        {
            Reason = reason,
            Workload = name.ToString(),
            Message = StatusReport.Cut(message),
            Warning = warning,
            Code = code,
        });

        if (after is null)
        {
            Add("WorkloadRemoved", "nothing of it is left on the device", false, "");
            return;
        }

        if (after.Current is { } current && current.Id != before?.Current?.Id)
        {
            bool isFallback = after.IsFallback;
            string instead = isFallback ? $" instead of {Label(after.Target!)}" : ""; // A fallback has a target.
            Add(
                isFallback ? "FellBack" : "ReleaseServing",
                $"{Label(current.Spec)} serves as {current.Id}{instead}{Thawed(before, current.Id)}",
                isFallback,
                "");
        }

        if (after.Phase == WorkloadPhase.Yielding && before?.Phase != WorkloadPhase.Yielding)
        {
            string waits = $"{Label(after.Attempt!)} starts when what served has ended"; // Yielding has an attempt.
            Add("SwapCold", $"{waits}; {after.Volatile.SwapNote}", false, "");
        }

        if (after.Standby is { } standby && standby.Id != before?.Standby?.Id)
        {
            Add("ReleaseKept", $"{Label(standby.Spec)} waits frozen as {standby.Id} and can come back", false, "");
        }
        else if (after.Volatile.StandbyNote.Length > 0 && after.Volatile.StandbyNote != before?.Volatile.StandbyNote)
        {
            Add("ReleaseNotKept", after.Volatile.StandbyNote, false, "");
        }

        foreach (Quarantine entry in after.Quarantined)
        {
            if (before is null || !before.Quarantined.Contains(entry))
            {
                string message = $"release {entry.Release.Short}: {entry.Problem.Message}";
                Add("ReleaseQuarantined", message, true, entry.Problem.Code);
            }
        }

        if (after.Problem is { } problem && problem != before?.Problem)
        {
            bool waits = DeviceErrors.IsWait(problem.Code);
            string reason = waits ? "ChangeHeld"
                : problem.Code == DeviceErrors.ProbeFailed.Code ? "ProbeFailed"
                : ReasonOf(before?.Phase ?? after.Phase);
            Add(reason, problem.Message, !waits, problem.Code);
        }
    }

    private static string Thawed(WorkloadState? before, InstanceId current) =>
        before?.Standby?.Id == current || before?.Candidate is { Thawed: true } ? ", thawed" : "";

    private static string ReasonOf(WorkloadPhase failedIn) => failedIn switch
    {
        WorkloadPhase.Fetching => "FetchFailed",
        WorkloadPhase.Starting => "StartFailed",
        WorkloadPhase.Preflighting => "PreflightFailed",
        WorkloadPhase.Shadowing => "ShadowFailed",
        WorkloadPhase.HandingOver => "HandOverFailed",
        WorkloadPhase.Serving => "InstanceExited",
        WorkloadPhase.Yielding or WorkloadPhase.Waiting or WorkloadPhase.Stopped or WorkloadPhase.Removing =>
            "NotServing",
        WorkloadPhase.Unknown => throw Check.Unreachable(failedIn),
    };

    private static string Label(WorkloadSpec spec) => string.Join(", ", spec.Models.Select(static m => m.PackageLabel));
}
