using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Rollouts;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Loops;

/// <summary>What a device's last status says of each workload, as the planner wants it.</summary>
public static class ReportedWorkloads
{
    /// <summary>Longest problem that is handed on, in characters: three of them make one reason of a rollout.</summary>
    private const int ProblemCharsMax = 256;

    /// <summary>Reads a status; nothing when there is none or it cannot be read.</summary>
    public static ImmutableSortedDictionary<DeploymentId, WorkloadReport> Read(string json)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<DeploymentId, WorkloadReport>();
        foreach (WorkloadStatus workload in Parse(json)?.Workloads ?? [])
        {
            if (DeploymentId.TryParse(workload.Name, out DeploymentId deployment))
            {
                found[deployment] = Of(workload);
            }
        }

        return found.ToImmutable();
    }

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
        return new WorkloadReport(workload.TargetRevision, workload.ServingRevision, gaveUp, problem);
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
