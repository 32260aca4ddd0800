using System.Globalization;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>The one mapping from what the machine holds to what the server is told.</summary>
internal static class StatusReport
{
    private const int MessageCharsMax = 500;

    /// <summary>The whole status.</summary>
    /// <param name="state">The machine's state.</param>
    /// <param name="refused">Why a newer desired state was not accepted; null when all is well.</param>
    /// <param name="options">Version and paths.</param>
    /// <param name="shadows">How far comparisons are; null where nobody carries them out.</param>
    /// <param name="clock">The loop's time; null where no loop runs.</param>
    internal static StatusMessage Of(
        DeviceState state, Finding? refused, AgentOptions options, ShadowDesk? shadows = null,
        LoopClock? clock = null) => new()
        {
            Generation = state.Generation.Value,
            Settled = refused is null && state.InOrder.All(IsSettled),
            AgentVersion = options.AgentVersion,
            Workloads = [.. state.InOrder.Select(w => Of(w, options, Why(w, shadows), Standby(w, clock)))],
            Refused = refused is null ? null : new ProblemMessage(refused.Code, Cut(refused.Message)),
        };

    /// <summary>The word of a phase.</summary>
    internal static string Word(WorkloadPhase phase) => phase switch
    {
        WorkloadPhase.Fetching => "fetching",
        WorkloadPhase.Starting => "starting",
        WorkloadPhase.Preflighting => "preflighting",
        WorkloadPhase.HandingOver => "handingover",
        WorkloadPhase.Serving => "serving",
        WorkloadPhase.Waiting => "waiting",
        WorkloadPhase.Stopped => "stopped",
        WorkloadPhase.Removing => "removing",
        WorkloadPhase.Yielding => "yielding",
        WorkloadPhase.Shadowing => "shadowing",
        WorkloadPhase.Unknown => "unknown",
    };

    /// <summary>Where a workload answers: a URL, or a path.</summary>
    internal static string Address(EndpointSpec endpoint, DeploymentId workload, AgentOptions options) =>
        endpoint.Expose == Exposure.Unix
            ? $"{options.EndpointFolder}/{workload}.sock"
            : string.Create(
                CultureInfo.InvariantCulture, $"http://{options.LoopbackAddress}:{endpoint.Port}");

    internal static string Cut(string message) =>
        message.Length <= MessageCharsMax ? message : message[..MessageCharsMax];

    private static bool IsSettled(WorkloadState w) =>
        w.Phase == WorkloadPhase.Serving && w.Target is not null && w.Current?.Spec == w.Target;

    /// <summary>What is under way says more than what failed before it.</summary>
    private static Problem? Why(WorkloadState w, ShadowDesk? shadows) =>
        w.Phase == WorkloadPhase.Shadowing ? shadows?.Progress(w.Name) ?? w.Problem : w.Problem;

    /// <summary>Times are told to the minute: what changes every second would be told every second.</summary>
    private static string? Standby(WorkloadState w, LoopClock? clock)
    {
        if (w.Standby is not { } standby)
        {
            return w.Volatile.StandbyNote.Length == 0 ? null : Cut(w.Volatile.StandbyNote);
        }

        string until = "";
        if (clock is not null && w.Volatile.StandbyUntil is { } end)
        {
            DateTimeOffset moment = DateTimeOffset.FromUnixTimeMilliseconds(
                clock.BelievedMs + (long)(end - clock.Now).TotalMilliseconds + 59_999);
            until = $" until {moment:HH:mm} UTC";
        }

        string memory = w.Volatile.StandbyBytes > 0
            ? string.Create(CultureInfo.InvariantCulture, $", {w.Volatile.StandbyBytes / Limits.MiB} MiB")
            : "";
        string label = string.Join(", ", standby.Spec.Models.Select(static m => m.PackageLabel));
        return Cut($"{label} waits frozen as {standby.Id}{until}{memory}");
    }

    private static WorkloadStatus Of(
        WorkloadState w, AgentOptions options, Problem? problem, string? standby) => new()
        {
            Name = w.Name.ToString(),
            Phase = Word(w.Phase),
            TargetRelease = w.Target?.Digest.ToString() ?? "",
            TargetRevision = w.Target?.Revision ?? 0,
            ServingRelease = w.Current?.Spec.Digest.ToString() ?? "",
            ServingRevision = w.Current?.Spec.Revision ?? 0,
            ServingPackages = w.Current is null ? [] : [.. w.Current.Spec.Models.Select(static m => m.PackageLabel)],
            Instance = w.Current?.Id.ToString() ?? "",
            Pid = w.Current?.Pid ?? 0,
            Endpoint = w.Current is null ? "" : Address(w.Current.Spec.Endpoint, w.Name, options),
            Problem = problem is null ? null : new ProblemMessage(problem.Code, Cut(problem.Message)),
            Standby = standby,
            Swap = w.Volatile.SwapNote.Length == 0 ? null : Cut(w.Volatile.SwapNote),
        };
}
