using System.Text.Json;
using Kedge.Api.Resources;
using Kedge.Core;
using Kedge.Store.Contracts;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Http;

/// <summary>The one mapping from a device's row to what the interface shows of it.</summary>
internal static class DeviceMap
{
    public static DeviceResource Of(DeviceRow row, long nowMs, bool withFacts)
    {
        StatusMessage? status = ParseStatus(row.StatusJson);
        JsonElement? facts = ParseFacts(row.FactsJson);
        bool stale = IsStale(row, nowMs);
        return new DeviceResource
        {
            Name = row.Id.ToString(),
            Labels = row.Labels,
            Revision = row.Revision,
            Status = Word(row, status, stale),
            Connected = row.Connected,
            LastSeenAtMs = row.LastSeenMs,
            LastSeenAgoMs = AgoMs(row, nowMs),
            Stale = stale,
            Cordoned = row.Cordoned,
            Revoked = row.RevokedAtMs > 0,
            Simulated = facts is { } f && f.TryGetProperty("simulated", out JsonElement s)
                && s.ValueKind == JsonValueKind.True,
            KeyId = row.Key.ToString(),
            EnrolledAtMs = row.EnrolledAtMs,
            AgentVersion = status?.AgentVersion ?? "",
            Architecture = facts is { } g && g.TryGetProperty("architecture", out JsonElement a)
                ? a.GetString() ?? ""
                : "",
            DesiredGeneration = row.Desired.Generation.Value,
            ReportedGeneration = row.ReportedGeneration.Value,
            Settled = row.Settled,
            Refused = Error(status?.Refused),
            Workloads = status is null ? [] : [.. status.Workloads.Select(Workload)],
            Facts = withFacts ? facts : null,
        };
    }

    public static IEnumerable<EndpointResource> Endpoints(DeviceRow row, long nowMs)
    {
        StatusMessage? status = ParseStatus(row.StatusJson);
        foreach (WorkloadStatus workload in status?.Workloads ?? [])
        {
            yield return new EndpointResource
            {
                Deployment = workload.Name,
                Device = row.Id.ToString(),
                Endpoint = workload.Endpoint,
                Packages = workload.ServingPackages,
                Phase = workload.Phase,
                Serving = workload.ServingRelease.Length > 0,
                LastSeenAgoMs = AgoMs(row, nowMs),
                Stale = IsStale(row, nowMs),
            };
        }
    }

    /// <summary>The status that the device reported last; null for none, or one that cannot be read.</summary>
    public static StatusMessage? ParseStatus(string json)
    {
        try
        {
            return json.Length == 0 ? null : JsonSerializer.Deserialize(json, WireJson.Default.StatusMessage);
        }
        catch (JsonException)
        {
            // What a row cannot tell is not shown.
            return null;
        }
    }

    private static JsonElement? ParseFacts(string json)
    {
        try
        {
            if (json.Length == 0)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            // What a row cannot tell is not shown.
            return null;
        }
    }

    private static WorkloadResource Workload(WorkloadStatus status) => new()
    {
        Deployment = status.Name,
        Phase = status.Phase,
        TargetRevision = status.TargetRevision,
        ServingRevision = status.ServingRevision,
        TargetRelease = status.TargetRelease,
        ServingRelease = status.ServingRelease,
        ServingPackages = status.ServingPackages,
        Instance = status.Instance,
        Pid = status.Pid,
        Endpoint = status.Endpoint,
        Problem = Error(status.Problem),
        Standby = status.Standby ?? "",
        Swap = status.Swap ?? "",
    };

    private static ErrorResource? Error(ProblemMessage? problem) =>
        problem is null ? null : new ErrorResource(problem.Code, problem.Message);

    private static string Word(DeviceRow row, StatusMessage? status, bool stale) => row switch
    {
        { RevokedAtMs: > 0 } => "Revoked",
        { LastSeenMs: 0 } => "Pending",
        _ when stale => "Stale",
        { Connected: false } => "Offline",
        _ when status is null => "Pending",
        _ when status.Refused is not null || status.Workloads.Any(w => w.Problem is not null) => "Failing",
        _ when row.Desired.Generation.CompareTo(row.ReportedGeneration) > 0 || !row.Settled => "Progressing",
        _ => "Ready",
    };

    private static bool IsStale(DeviceRow row, long nowMs) =>
        !row.Connected && row.LastSeenMs > 0 && nowMs - row.LastSeenMs > Limits.StaleAfter.TotalMilliseconds;

    private static long AgoMs(DeviceRow row, long nowMs) =>
        row.LastSeenMs == 0 ? -1 : Math.Max(0, nowMs - row.LastSeenMs);
}
