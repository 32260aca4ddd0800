using System.Collections.Immutable;
using System.Globalization;
using Kedge.Api;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;
using Kedge.Wire.Desired;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Calls about rollouts: where one stands, and what a person asks of it. What is asked becomes a new state on its
/// parent; the planner acts on it. Without <c>If-Match</c> a plan that came in between is no reason to refuse: the
/// change is made again on what it left.
/// </summary>
internal static class RolloutCalls
{
    private delegate RolloutState? Edit(RolloutState state, string by, long nowMs);

    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/deployments/{name}/rollout", Access.Viewer,
            "Where the rollout of the newest revision stands, device by device.", GetAsync),
        new("POST", "/api/v1/deployments/{name}/rollout/pause", Access.Admin,
            "Nobody new takes the target until it is resumed.", Steer("pause", RolloutPlanner.Pause)),
        new("POST", "/api/v1/deployments/{name}/rollout/resume", Access.Admin,
            "A paused rollout goes on.", Steer("resume", (state, _, nowMs) => RolloutPlanner.Resume(state, nowMs))),
        new("POST", "/api/v1/deployments/{name}/rollout/promote", Access.Admin,
            "Everybody may have the target now.",
            Steer("promote", (state, _, nowMs) => RolloutPlanner.Promote(state, nowMs))),
        new("POST", "/api/v1/deployments/{name}/rollout/abort", Access.Admin,
            "Everybody goes back to the stable revision.", Steer("abort", RolloutPlanner.Abort)),
    ];

    private static async Task GetAsync(Call call)
    {
        DeploymentRow deployment = await DeploymentCalls.FindAsync(call).ConfigureAwait(false);
        await ReplyAsync(call, deployment.Id).ConfigureAwait(false);
    }

    private static Func<Call, Task> Steer(string verb, Edit edit) => call => SteerAsync(call, verb, edit);

    private static async Task SteerAsync(Call call, string verb, Edit edit)
    {
        for (int attempt = 0; attempt < ServerLimits.RolloutAttemptsMax; attempt++)
        {
            DeploymentRow deployment = await DeploymentCalls.FindAsync(call).ConfigureAwait(false);
            RolloutRow? row = await call.Server.Store.Rollouts
                .FindAsync(call.Tenant, deployment.Id, call.Aborted).ConfigureAwait(false);
            long parent = row?.Revision ?? 0;
            if (call.IfMatch() is { } expected && expected != parent)
            {
                throw Conflict(deployment.Id, parent);
            }

            RolloutReport report = await ReportAsync(call, deployment.Id).ConfigureAwait(false);
            RolloutState state = row is not null && RolloutFormat.TryRead(row.StateJson, out RolloutState? stored)
                && stored.Target == deployment.SpecRevision
                ? stored
                : report.State; // No plan has come to this revision yet: it begins as it is asked for.
            RolloutState changed = edit(state, call.Caller, call.Server.NowMs)
                ?? throw new CallRefused(409, RolloutErrors.NotNow.At(NotNow(verb, report, state)));
            RolloutWrite write = new()
            {
                Id = deployment.Id,
                Parent = parent,
                StateJson = RolloutFormat.Write(changed),
                AtMs = call.Server.NowMs,
            };
            CasOutcome outcome = await call.Server.Store.Rollouts
                .SaveAsync(call.Tenant, write, call.Aborted).ConfigureAwait(false);
            if (outcome is not CasOutcome.Conflict)
            {
                DeviceCalls.Expect(outcome, $"deployment '{deployment.Id}'");
                await SayAsync(call, deployment.Id, verb, state.Target).ConfigureAwait(false);
                call.Server.Wakeups.Plan.Wake();
                await ReplyAsync(call, deployment.Id).ConfigureAwait(false);
                return;
            }
        }

        throw new CallRefused(
            412, ApiErrors.Conflict.At($"the rollout of '{Call.Shown(call.Path("name"))}' changes all the time"));
    }

    private static string NotNow(string verb, RolloutReport report, RolloutState state)
    {
        string name = $"'{report.Deployment.Spec.Id}'";
        if (report.Deployment.Spec.Strategy.Kind != StrategyKind.Waves)
        {
            return $"{name} gives a revision to all its devices at once: there is nothing to {verb}";
        }

        FormattableString text = state.Phase switch
        {
            RolloutPhase.Complete => $"revision {state.Target} of {name} is complete: there is nothing to {verb}",
            RolloutPhase.RolledBack => $"revision {state.Target} of {name} went back already",
            RolloutPhase.RollingBack => $"revision {state.Target} of {name} is going back already",
            RolloutPhase.Paused => $"revision {state.Target} of {name} is paused already",
            RolloutPhase.Progressing or RolloutPhase.Unknown => $"revision {state.Target} of {name} is not paused",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task SayAsync(Call call, DeploymentId id, string verb, long target)
    {
        (string reason, string done) = verb switch
        {
            "pause" => ("RolloutPaused", "paused"),
            "resume" => ("RolloutResumed", "resumed"),
            "promote" => ("RolloutPromoted", "promoted"),
            _ => ("RolloutAborted", "aborted"),
        };
        EventWrite happening = new()
        {
            AtMs = call.Server.NowMs,
            Deployment = id,
            Reason = reason,
            Message = string.Create(CultureInfo.InvariantCulture, $"revision {target} {done} by {call.Caller}"),
        };
        await call.Server.Store.Events.AppendAsync(call.Tenant, [happening], call.Aborted).ConfigureAwait(false);
    }

    private static async Task ReplyAsync(Call call, DeploymentId id)
    {
        // Read before the fleet: what is shown is never older than its revision says.
        RolloutRow? row =
            await call.Server.Store.Rollouts.FindAsync(call.Tenant, id, call.Aborted).ConfigureAwait(false);
        RolloutReport report = await ReportAsync(call, id).ConfigureAwait(false);
        await call.ReplyAsync(RolloutMap.Of(report), ApiJson.Default.RolloutResource, row?.Revision ?? 0)
            .ConfigureAwait(false);
    }

    private static async Task<RolloutReport> ReportAsync(Call call, DeploymentId id)
    {
        FleetSnapshot fleet = await call.Server.Fleet.ReadAsync(call.Aborted).ConfigureAwait(false);
        fleet = fleet with { NowMs = call.Server.NowMs };
        FleetPlan plan = FleetPlanner.Plan(fleet, DesiredMessage.ReleaseDigest);
        return RolloutReport.Of(fleet, plan, id)
            ?? throw new CallRefused(409, RolloutErrors.NotNow.At($"'{id}' is being deleted"));
    }

    private static CallRefused Conflict(DeploymentId id, long held) =>
        new(412, ApiErrors.Conflict.At($"the rollout of '{id}' has revision {held}"));
}
