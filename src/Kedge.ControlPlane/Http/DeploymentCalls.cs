using System.Collections.Immutable;
using System.Globalization;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;
using Kedge.Core.Placement;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;
using Kedge.Wire.Desired;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about deployments.</summary>
internal static class DeploymentCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("POST", "/api/v1/apply", Access.Admin,
            "Applies a manifest (YAML) whole or not at all; dryRun, diff.", ApplyCall.HandleAsync),
        new("GET", "/api/v1/deployments", Access.Viewer, "All deployments; watch.", ListAsync),
        new("GET", "/api/v1/deployments/{name}", Access.Viewer, "One deployment with its manifest.", GetAsync),
        new("DELETE", "/api/v1/deployments/{name}", Access.Admin, "Takes a deployment off its devices.", DeleteAsync),
        new("GET", "/api/v1/deployments/{name}/history", Access.Viewer, "Its revisions, newest first.", HistoryAsync),
        new("POST", "/api/v1/deployments/{name}/undo", Access.Admin,
            "Applies an older revision again as a new one; to.", UndoAsync),
        new("GET", "/api/v1/explain/deployments/{name}", Access.Viewer,
            "Why each device was or was not chosen.", ExplainAsync),
        new("GET", "/api/v1/explain/devices/{name}", Access.Viewer,
            "Why each deployment is or is not on a device.", ExplainDeviceAsync),
    ];

    private static async Task ListAsync(Call call)
    {
        if (call.Flag("watch"))
        {
            await WatchStream.RunAsync(
                call, ct => ReadAsync(call, ct), d => d.Name, ApiJson.Default.WatchEventDeploymentResource)
                .ConfigureAwait(false);
            return;
        }

        ResourceList<DeploymentResource> list = new()
        {
            Items = await ReadAsync(call, call.Aborted).ConfigureAwait(false),
            Revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false),
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListDeploymentResource).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<DeploymentResource>> ReadAsync(Call call, CancellationToken ct)
    {
        List<DeploymentRow> rows = await Pages.DeploymentsAsync(call.Server, ct).ConfigureAwait(false);
        Dictionary<DeploymentId, DeploymentCounts> counts = await CountAsync(call, rows, ct).ConfigureAwait(false);
        return [.. rows.Select(row => DeploymentMap.Of(row, counts[row.Id], withManifest: false))];
    }

    private static async Task<Dictionary<DeploymentId, DeploymentCounts>> CountAsync(
        Call call, IReadOnlyList<DeploymentRow> rows, CancellationToken ct)
    {
        FleetSnapshot fleet = await call.Server.Fleet.ReadAsync(ct).ConfigureAwait(false);
        Dictionary<DeviceId, DeviceSnapshot> devices = fleet.Devices.ToDictionary(d => d.Id);
        Dictionary<DeploymentId, DeploymentCounts> counts = rows.ToDictionary(r => r.Id, _ => new DeploymentCounts());
        Dictionary<DeploymentId, long> revisions = rows.ToDictionary(r => r.Id, r => r.SpecRevision);
        foreach (DeploymentSnapshot deployment in fleet.Deployments)
        {
            if (counts.TryGetValue(deployment.Spec.Id, out DeploymentCounts? count))
            {
                count.Rollout = RolloutMap.Summary(deployment);
            }
        }

        await foreach (DeviceRow row in Pages.DevicesAsync(call.Server, ct).ConfigureAwait(false))
        {
            StatusMessage? status = DeviceMap.ParseStatus(row.StatusJson);
            HashSet<DeploymentId> asked = devices.TryGetValue(row.Id, out DeviceSnapshot? device)
                ? [.. device.Desired.Select(w => w.Deployment)]
                : [];
            HashSet<DeploymentId> seen = [.. asked];
            foreach (WorkloadStatus workload in status?.Workloads ?? [])
            {
                if (DeploymentId.TryParse(workload.Name, out DeploymentId id)
                    && counts.TryGetValue(id, out DeploymentCounts? count))
                {
                    count.Add(workload, revisions[id], asked.Contains(id));
                    seen.Remove(id);
                }
            }

            foreach (DeploymentId id in seen.Where(counts.ContainsKey))
            {
                counts[id].Add(null, revisions[id], asked: true);
            }
        }

        return counts;
    }

    private static async Task GetAsync(Call call)
    {
        DeploymentRow row = await FindAsync(call).ConfigureAwait(false);
        await ReplyAsync(call, row).ConfigureAwait(false);
    }

    private static async Task ReplyAsync(Call call, DeploymentRow row)
    {
        Dictionary<DeploymentId, DeploymentCounts> counts =
            await CountAsync(call, [row], call.Aborted).ConfigureAwait(false);
        DeploymentResource resource = DeploymentMap.Of(row, counts[row.Id], withManifest: true);
        await call.ReplyAsync(resource, ApiJson.Default.DeploymentResource, row.Revision).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(Call call)
    {
        DeploymentId id = call.DeploymentName();
        CasOutcome outcome = await call.Server.Store.Deployments
            .DeleteAsync(call.Tenant, id, call.IfMatch(), call.Server.NowMs, call.Aborted).ConfigureAwait(false);
        DeviceCalls.Expect(outcome, $"deployment '{id}'");
        call.Server.Wakeups.Plan.Wake();
        call.Http.Response.StatusCode = 204;
    }

    private static async Task HistoryAsync(Call call)
    {
        DeploymentRow current = await FindAsync(call).ConfigureAwait(false);
        ImmutableArray<DeploymentRevisionRow> rows = await call.Server.Store.Deployments
            .HistoryAsync(call.Tenant, current.Id, call.Aborted).ConfigureAwait(false);
        FleetSnapshot fleet = await call.Server.Fleet.ReadAsync(call.Aborted).ConfigureAwait(false);
        DeploymentSnapshot? deployment = fleet.Deployments.FirstOrDefault(d => d.Spec.Id == current.Id);
        ResourceList<RevisionResource> list = new()
        {
            Items =
            [
                .. rows.Select(row => new RevisionResource
                {
                    Revision = row.SpecRevision,
                    AppliedAtMs = row.AppliedAtMs,
                    Current = row.SpecRevision == current.SpecRevision,
                    Phase = RolloutMap.PhaseOf(deployment, row.SpecRevision),
                    Models = DeploymentFormat.TryRead(row.SpecJson, out DeploymentSpec? spec)
                        ? DeploymentMap.ModelsOf(spec)
                        : [],
                }),
            ],
            Revision = current.Revision,
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListRevisionResource).ConfigureAwait(false);
    }

    private static async Task UndoAsync(Call call)
    {
        DeploymentRow current = await FindAsync(call).ConfigureAwait(false);
        long to = call.Number("to", 0, 1, long.MaxValue);
        if (to == 0)
        {
            to = await BeforeAsync(call, current).ConfigureAwait(false);
        }

        DeploymentRevisionRow row = await call.Server.Store.Deployments
            .FindRevisionAsync(call.Tenant, current.Id, to, call.Aborted).ConfigureAwait(false)
            ?? throw new CallRefused(404, ApiErrors.NoRevision.At($"'{current.Id}' has no revision {to}"));
        DeploymentWrite write = new()
        {
            Id = current.Id,
            SpecJson = row.SpecJson,
            Packages = row.Packages,
            ExpectedRevision = call.IfMatch() ?? current.Revision,
            AtMs = call.Server.NowMs,
            Cause = string.Create(CultureInfo.InvariantCulture, $"undo to {to} by {call.Caller}"),
        };
        DeploymentOutcome outcome = await call.Server.Store.Deployments
            .ApplyAsync(call.Tenant, write, call.Aborted).ConfigureAwait(false);
        call.Server.Wakeups.Plan.Wake();
        switch (outcome)
        {
            case DeploymentOutcome.Updated(var done):
                await ReplyAsync(call, done).ConfigureAwait(false);
                return;
            case DeploymentOutcome.Unchanged(var same):
                await ReplyAsync(call, same).ConfigureAwait(false);
                return;
            case DeploymentOutcome.Conflict(var held):
                throw new CallRefused(412, ApiErrors.Conflict.At($"'{current.Id}' has revision {held}"));
            case DeploymentOutcome.Deleting:
                throw new CallRefused(409, ApiErrors.InUse.At($"'{current.Id}' is being deleted"));
            case DeploymentOutcome.PackageMissing(var package):
                throw new CallRefused(409, ApiErrors.PackageUnknown.At($"package {package.Short} is gone"));
            case DeploymentOutcome.Created: // A revision is expected, so what is gone is a conflict.
            default:
                throw Check.Unreachable(outcome);
        }
    }

    /// <summary>
    /// The newest revision before the current one that says something else: undo twice goes forth again.
    /// </summary>
    private static async Task<long> BeforeAsync(Call call, DeploymentRow current)
    {
        ImmutableArray<DeploymentRevisionRow> rows = await call.Server.Store.Deployments
            .HistoryAsync(call.Tenant, current.Id, call.Aborted).ConfigureAwait(false);
        DeploymentRevisionRow? before = rows
            .Where(r => r.SpecRevision < current.SpecRevision && r.SpecJson != current.SpecJson)
            .MaxBy(r => r.SpecRevision);
        return before?.SpecRevision
            ?? throw new CallRefused(409, ApiErrors.NoRevision.At($"'{current.Id}' has no revision before this one"));
    }

    private static async Task ExplainAsync(Call call)
    {
        DeploymentRow row = await FindAsync(call).ConfigureAwait(false);
        FleetSnapshot fleet = await call.Server.Fleet.ReadAsync(call.Aborted).ConfigureAwait(false);
        FleetPlan plan = FleetPlanner.Plan(fleet, DesiredMessage.ReleaseDigest);
        ExplanationResource resource = new()
        {
            Deployment = row.Id.ToString(),
            Revision = row.SpecRevision,
            Devices = plan.Reports.TryGetValue(row.Id, out PlacementReport? report)
                ? [.. report.Verdicts.Select(v => Explain(v.Key, v.Value))]
                : [],
        };
        await call.ReplyAsync(resource, ApiJson.Default.ExplanationResource).ConfigureAwait(false);
    }

    /// <summary>Of every deployment, in order of their names, what it says of one device.</summary>
    private static async Task ExplainDeviceAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        FleetSnapshot fleet = await call.Server.Fleet.ReadAsync(call.Aborted).ConfigureAwait(false);
        if (fleet.Devices.All(known => known.Id != device))
        {
            throw Call.NotFound($"device '{device}'");
        }

        FleetPlan plan = FleetPlanner.Plan(fleet, DesiredMessage.ReleaseDigest);
        ResourceList<ExplanationResource> list = new()
        {
            Items =
            [
                .. fleet.Deployments.OrderBy(one => one.Spec.Id.ToString(), StringComparer.Ordinal)
                    .Where(one => plan.Reports.ContainsKey(one.Spec.Id))
                    .Select(one => new ExplanationResource
                    {
                        Deployment = one.Spec.Id.ToString(),
                        Revision = one.Revision,
                        Devices = plan.Reports[one.Spec.Id].Verdicts.TryGetValue(device, out PlacementVerdict? verdict)
                            ? [Explain(device, verdict)]
                            : [],
                    }),
            ],
            Revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false),
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListExplanationResource).ConfigureAwait(false);
    }

    private static DeviceExplanation Explain(DeviceId device, PlacementVerdict verdict) => verdict switch
    {
        PlacementVerdict.Chosen chosen => new DeviceExplanation
        {
            Device = device.ToString(),
            Verdict = "Chosen",
            Reasons = chosen.Reasons,
            Variants = [.. chosen.Variants.Select(v => $"{v.Model}={v.Variant}")],
        },
        PlacementVerdict.NotMatched(var reason) => new DeviceExplanation
        {
            Device = device.ToString(),
            Verdict = "NotMatched",
            Reasons = [reason],
        },
        PlacementVerdict.Refused(var findings, var keepsOld) => new DeviceExplanation
        {
            Device = device.ToString(),
            Verdict = keepsOld ? "KeepsOld" : "Rejected",
            Code = findings.Length > 0 ? findings[0].Code : "",
            Reasons = [.. findings.Select((Finding f) => f.Message)],
        },
        _ => throw Check.Unreachable(verdict),
    };

    internal static async Task<DeploymentRow> FindAsync(Call call)
    {
        DeploymentId id = call.DeploymentName();
        return await call.Server.Store.Deployments.FindAsync(call.Tenant, id, call.Aborted).ConfigureAwait(false)
            ?? throw Call.NotFound($"deployment '{id}'");
    }
}
