using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Rollouts;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Loops;

/// <summary>What a device's last status says of each workload, as the planner wants it.</summary>
public static class ReportedWorkloads
{
    /// <summary>Longest problem that is handed on, in characters: three of them make one reason of a rollout.</summary>
    private const int ProblemCharsMax = 256;

    /// <summary>
    /// Reads a status; nothing when there is none or it cannot be read. After a restore a revision may have been given
    /// a second time: what is said of another release than the one that is asked for now is not said of its revision.
    /// </summary>
    /// <param name="json">The status.</param>
    /// <param name="asked">What the device is asked to run.</param>
    public static ImmutableSortedDictionary<DeploymentId, WorkloadReport> Read(
        string json, ImmutableArray<WorkloadSpec> asked)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<DeploymentId, WorkloadReport>();
        foreach (WorkloadStatus workload in Parse(json)?.Workloads ?? [])
        {
            if (DeploymentId.TryParse(workload.Name, out DeploymentId deployment))
            {
                WorkloadSpec? now = asked.FirstOrDefault(a => a.Deployment == deployment);
                bool isOfAnother = now is not null && workload.TargetRevision == now.Revision
                    && workload.TargetRelease != now.Digest.ToString();
                WorkloadReport report = Of(workload);
                found[deployment] = isOfAnother ? report with { TargetRevision = 0, GaveUp = false } : report;
            }
        }

        return found.ToImmutable();
    }

    /// <summary>
    /// The generation that the device holds with other content than the one that it was sent under that number; none
    /// where all is well. It happens after a restore, when new states were numbered before the device was heard.
    /// </summary>
    public static Generation Conflicting(string json) =>
        json.Contains(WireErrors.Conflict.Code, StringComparison.Ordinal)
        && Parse(json) is { Refused: { } refused } status && refused.Code == WireErrors.Conflict.Code
            ? new Generation(status.Generation)
            : Generation.None;

    /// <summary>
    /// A device that serves something else, or nothing, and is about nothing new, tries its target no more. In every
    /// other phase it goes on trying, whatever it says of the last try.
    /// </summary>
    private static WorkloadReport Of(WorkloadStatus workload)
    {
        bool isAtRest = workload.Phase is "serving" or "stopped";
        bool gaveUp = isAtRest && workload.Problem is not null
            && workload.TargetRevision != workload.ServingRevision;
        string problem = workload.Problem is { } p ? Cut($"{p.Code} {p.Message}") : "";
        return new WorkloadReport(workload.TargetRevision, workload.ServingRevision, gaveUp, problem)
        {
            Standby = Cut(string.Join("; ", new[] { workload.Swap, workload.Standby }.OfType<string>())),
        };
    }

    private static string Cut(string text)
    {
        if (text.Length <= ProblemCharsMax)
        {
            return text;
        }

        int end = char.IsHighSurrogate(text[ProblemCharsMax - 1]) ? ProblemCharsMax - 1 : ProblemCharsMax;
        return text[..end];
    }

    private static StatusMessage? Parse(string json)
    {
        try
        {
            return json.Length == 0 ? null : JsonSerializer.Deserialize(json, WireJson.Default.StatusMessage);
        }
        catch (JsonException)
        {
            // A status that cannot be read is a status that is not there: the rollout waits for the next one.
            return null;
        }
    }
}
