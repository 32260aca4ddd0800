using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>Rollouts through the administrators' interface, against devices that say what they are told to.</summary>
public sealed class RolloutTests
{
    [Fact]
    public async Task Waves_follow_each_other_and_the_last_one_completes()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(5);
        await fleet.ApplyAsync("v2", RolloutFleet.Waves);
        IReadOnlyList<TestDevice> canary = await fleet.AskedAsync(2, 1);
        RolloutResource first = await fleet.UntilAsync(r => r is { Phase: "Progressing", Exposed: 1 });
        Assert.Equal((2, 1, 1, 3, 1, 5), (
            first.Target, first.Stable, first.Wave, first.Waves, first.WaveLimit, first.Total));
        Assert.Equal("1 device does not serve it yet", Assert.Single(first.Waits));
        Assert.Equal(4, first.Devices.Count(d => d.Why == "its turn comes in a later wave" && d.Revision == 1));
        RolloutDeviceResource taking = Assert.Single(first.Devices, d => d.Revision == 2);
        Assert.Equal((canary[0].Name, "Changing", "is taking revision 2"), (
            taking.Device, taking.Standing, taking.Why));

        await fleet.ServeAsync(2, canary);
        IReadOnlyList<TestDevice> second = await fleet.AskedAsync(2, 3);
        Assert.Equal(2, (await fleet.UntilAsync(r => r.Exposed == 3)).Wave);
        DeploymentResource deployment =
            await fleet.Server.Client.GetDeploymentAsync(RolloutFleet.Name, fleet.Server.Ct);
        Assert.Equal(new RolloutSummary("Progressing", 2, "", ""), deployment.Rollout);
        await fleet.ServeAsync(2, second);
        await fleet.ServeAsync(2, await fleet.AskedAsync(2, 5));
        RolloutResource done = await fleet.UntilAsync(r => r.Phase == "Complete" && r.Serving == 5);
        Assert.Equal((2, 2, 0), (done.Target, done.Stable, done.Wave));
        Assert.All(done.Devices, d => Assert.Equal("serves revision 2", d.Why));
    }

    [Fact]
    public async Task A_canary_that_gives_up_takes_the_revision_back_and_an_undo_after_it_completes_at_once()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(5);
        await fleet.ApplyAsync("v3", RolloutFleet.Waves);
        TestDevice canary = Assert.Single(await fleet.AskedAsync(2, 1));
        await fleet.GiveUpAsync(canary, 2, serving: 1);
        await fleet.ServeAsync(1, [canary]);
        RolloutResource back = await fleet.UntilAsync(r => r.Phase == "RolledBack" && r.Serving == 5);
        Assert.Equal("KEDGE-ROLLOUT-001", back.Code);
        Assert.Equal(
            $"1 of 1 devices gave revision 2 up: {canary.Name}: KEDGE-SERVE-010 2 of 8 golden samples agree, 8 must",
            back.Reason);
        ResourceList<RevisionResource> history =
            await fleet.Server.Client.GetHistoryAsync(RolloutFleet.Name, fleet.Server.Ct);
        Assert.Equal([(2, "RolledBack"), (1, "Complete")], history.Items.Select(r => (r.Revision, r.Phase)));

        await fleet.Server.Client.UndoDeploymentAsync(RolloutFleet.Name, 0, fleet.Server.Ct);
        Assert.Equal("Complete", (await fleet.UntilAsync(r => r.Target == 3)).Phase);
        await fleet.AskedAsync(3, 5);
    }

    [Fact]
    public async Task An_undo_in_the_middle_of_a_rollout_completes_at_once()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(5);
        await fleet.ApplyAsync("v1", RolloutFleet.Waves);
        Assert.Equal("Complete", (await fleet.UntilAsync(r => r.Target == 2)).Phase);
        await fleet.ServeAsync(2, await fleet.AskedAsync(2, 5));
        await fleet.ApplyAsync("v2", RolloutFleet.Waves);
        await fleet.AskedAsync(3, 1);
        await fleet.Server.Client.UndoDeploymentAsync(RolloutFleet.Name, 0, fleet.Server.Ct);
        RolloutResource undone = await fleet.UntilAsync(r => r.Target == 4);
        Assert.Equal(("Complete", "Waves"), (undone.Phase, undone.Strategy));
        await fleet.ServeAsync(4, await fleet.AskedAsync(4, 5));
        await fleet.UntilAsync(r => r.Serving == 5);
    }

    [Fact]
    public async Task A_person_pauses_resumes_promotes_and_aborts()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(3);
        KedgeClient client = fleet.Server.Client;
        CancellationToken ct = fleet.Server.Ct;
        await RefusedAsync(409, "KEDGE-ROLLOUT-005", () => client.PauseRolloutAsync(RolloutFleet.Name, ct));
        await RefusedAsync(404, "KEDGE-API-003", () => client.GetRolloutAsync("nobody", ct));
        await RefusedAsync(404, "KEDGE-API-003", () => client.AbortRolloutAsync("nobody", ct));

        await fleet.ApplyAsync("v2", RolloutFleet.Waves);
        IReadOnlyList<TestDevice> canary = await fleet.AskedAsync(2, 1);
        await RefusedAsync(409, "KEDGE-ROLLOUT-005", () => client.ResumeRolloutAsync(RolloutFleet.Name, ct));
        RolloutResource paused = await client.PauseRolloutAsync(RolloutFleet.Name, ct);
        Assert.Equal(("Paused", "KEDGE-ROLLOUT-003", 1), (paused.Phase, paused.Code, paused.Exposed));
        Assert.StartsWith("paused by ", paused.Reason, StringComparison.Ordinal);
        Assert.Equal(2, paused.Devices.Count(d => d.Why == "waits: the rollout is paused"));
        await RefusedAsync(409, "KEDGE-ROLLOUT-005", () => client.PauseRolloutAsync(RolloutFleet.Name, ct));
        await fleet.ServeAsync(2, canary);
        Assert.Equal(1, (await fleet.UntilAsync(r => r.Serving == 1)).Exposed);
        Assert.Equal("Progressing", (await client.ResumeRolloutAsync(RolloutFleet.Name, ct)).Phase);
        await fleet.AskedAsync(2, 2);
        Assert.True((await client.PromoteRolloutAsync(RolloutFleet.Name, ct)).Promoted);
        await fleet.AskedAsync(2, 3);

        RolloutResource aborted = await client.AbortRolloutAsync(RolloutFleet.Name, ct);
        Assert.Equal("KEDGE-ROLLOUT-004", aborted.Code);
        await fleet.ServeAsync(1, await fleet.AskedAsync(1, 3));
        await fleet.UntilAsync(r => r is { Phase: "RolledBack", Serving: 3 });
        await RefusedAsync(409, "KEDGE-ROLLOUT-005", () => client.PromoteRolloutAsync(RolloutFleet.Name, ct));
        ResourceList<EventResource> events = await client.ListEventsAsync("", 1000, ct);
        foreach (string reason in new[] { "RolloutPaused", "RolloutResumed", "RolloutPromoted", "RolloutAborted" })
        {
            Assert.Contains(events.Items, e => e.Reason == reason && e.Deployment == RolloutFleet.Name);
        }
    }

    [Fact]
    public async Task A_rollout_is_steered_by_administrators_on_the_revision_that_they_saw()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(2);
        await fleet.ApplyAsync("v2", RolloutFleet.Waves);
        await fleet.AskedAsync(2, 1);
        const string Path = "/api/v1/deployments/bearing-monitor/rollout";
        CredentialResource viewer = await fleet.Server.Client.CreateCredentialAsync("ada", "viewer", fleet.Server.Ct);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, Path, viewer.Token!)).Status);
        Assert.Equal(403, (await SendAsync(HttpMethod.Post, Path + "/pause", viewer.Token!)).Status);

        string admin = fleet.Server.Context.Token;
        (int status, string tag, string body) = await SendAsync(HttpMethod.Get, Path, admin);
        Assert.Equal(200, status);
        Assert.Equal("Progressing", JsonDocument.Parse(body).RootElement.GetProperty("phase").GetString());
        (status, _, body) = await SendAsync(HttpMethod.Post, Path + "/pause", admin, "\"1\"");
        Assert.True(status == 412 && body.Contains("KEDGE-API-004", StringComparison.Ordinal), body);
        (status, string after, _) = await SendAsync(HttpMethod.Post, Path + "/pause", admin, tag);
        Assert.Equal(200, status);
        Assert.NotEqual(tag, after);

        async Task<(int Status, string Tag, string Body)> SendAsync(
            HttpMethod method, string path, string token, string? ifMatch = null)
        {
            using HttpClient http = fleet.Server.Bare();
            using HttpRequestMessage request = new(method, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (ifMatch is not null)
            {
                request.Headers.IfMatch.ParseAdd(ifMatch);
            }

            using HttpResponseMessage response = await http.SendAsync(request, fleet.Server.Ct);
            return ((int)response.StatusCode, response.Headers.ETag?.Tag ?? "",
                await response.Content.ReadAsStringAsync(fleet.Server.Ct));
        }
    }

    [Fact]
    public async Task Devices_that_are_away_or_cannot_run_it_are_named_and_not_waited_for()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(3);
        await using TestDevice bare = await fleet.Server.EnrolAsync("press-9", ("line", "press"));
        await bare.ConnectAsync();
        await fleet.Devices[2].Link!.DisposeAsync();
        await fleet.Server.UntilAsync(
            () => fleet.Server.Client.GetDeviceAsync("press-3", fleet.Server.Ct), d => !d.Connected);
        await fleet.ApplyAsync("v2", "{type: Waves, canary: {count: 2}, soak: 0s}");
        IReadOnlyList<TestDevice> heard = await fleet.AskedAsync(2, 2);
        RolloutResource rollout = await fleet.UntilAsync(r => r is { Exposed: 2, Target: 2 });
        Assert.Equal((3, 1), (rollout.Total, rollout.Away));
        RolloutDeviceResource away = Assert.Single(rollout.Devices, d => d.Device == "press-3");
        Assert.Equal((false, 1, "is away and will follow when it returns"), (away.Online, away.Revision, away.Why));
        RolloutDeviceResource unfit = rollout.Devices[^1];
        Assert.Equal(("press-9", "Unfit"), (unfit.Device, unfit.Standing));
        Assert.NotEmpty(unfit.Why);

        await fleet.ServeAsync(2, heard);
        Assert.Equal(1, (await fleet.UntilAsync(r => r.Phase == "Complete")).Away);
        await fleet.Devices[2].ConnectAsync();
        await fleet.ServeAsync(2, [fleet.Devices[2]]);
        await fleet.UntilAsync(r => r.Serving == 3);
    }

    [Fact]
    public async Task What_the_devices_that_match_can_never_give_is_refused_at_apply()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(3);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(() => fleet.ApplyAsync(
            "v2", "{type: Waves, canary: {count: 4}, budgets: [{label: line, minServing: 3}]}"));
        Assert.Equal(
            ["spec.strategy.canary.count", "spec.strategy.budgets[0]"], refused.Problem.Findings.Select(f => f.Field));
        Assert.All(refused.Problem.Findings, f => Assert.Equal(RolloutErrors.StrategyUnfit.Code, f.Code));
        Assert.Equal(1, (await fleet.UntilAsync(r => r.Phase == "Complete")).Target);
        await fleet.ApplyAsync("v2", "{type: Waves, canary: {count: 3}, budgets: [{label: line, minServing: 2}]}");
    }

    [Fact]
    public async Task A_gate_on_drift_is_refused_at_apply_where_a_package_has_no_reference()
    {
        await using RolloutFleet fleet = await RolloutFleet.StartAsync(1);
        const string Drift = "{type: Waves, gates: {drift: {maxInputs: 0.25}}}";
        KedgeApiException refused =
            await Assert.ThrowsAsync<KedgeApiException>(() => fleet.ApplyAsync("v2", Drift));
        FindingResource finding = Assert.Single(refused.Problem.Findings);
        Assert.Equal((RolloutErrors.ReferenceMissing.Code, "spec.strategy.gates.drift"), (finding.Code, finding.Field));
        Assert.True(finding.Line > 0);

        using ECDsa key = fleet.Server.ModelKey();
        ValueReference x = ValueReference.Of(
            true, "x", [.. Enumerable.Range(0, 50).Select(static i => (double[])[i])])!;
        await TestPackage.Make(key, "bearing", 7, reference: ValueReference.Format([x]))
            .PushAsync(fleet.Server.Client, "bearing", "v7", fleet.Server.Ct);
        refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => fleet.ApplyAsync("v7", Drift.Replace("maxInputs", "maxOutputs", StringComparison.Ordinal)));
        Assert.Equal("spec.strategy.gates.drift.maxOutputs", Assert.Single(refused.Problem.Findings).Field);
        await fleet.ApplyAsync("v7", Drift);
        RolloutGateResource gate = Assert.Single((await fleet.UntilAsync(r => r.Gates.Count > 0)).Gates);
        Assert.Equal(
            ("drift of inputs", "0 requests looked at of at least 500"), (gate.Gate, gate.Text));
    }

    [Fact]
    public async Task A_first_revision_that_is_aborted_is_stopped_everywhere()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await server.Client.ApplyAsync(RolloutFleet.Manifest("v1", RolloutFleet.Waves), false, false, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        RolloutResource aborted = await server.Client.AbortRolloutAsync(RolloutFleet.Name, server.Ct);
        Assert.Equal(0, aborted.Stable);
        await device.UntilDesiredAsync(s => s.Workloads.Length == 0);
        await server.UntilAsync(
            () => server.Client.GetRolloutAsync(RolloutFleet.Name, server.Ct), r => r.Phase == "RolledBack");
    }

    private static async Task RefusedAsync(int status, string code, Func<Task> call)
    {
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(call);
        Assert.Equal((status, code), (refused.Status, refused.Problem.Error.Code));
    }
}
