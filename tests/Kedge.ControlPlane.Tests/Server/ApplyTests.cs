using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Core.Desired;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Server;

public class ApplyTests
{
    [Fact]
    public async Task Ten_mistakes_give_ten_findings_with_lines_and_nothing_is_applied()
    {
        const string manifest = """
            apiVersion: kedge.dev/v2
            kind: Deployment
            metadata: {name: Bad_Name}
            spec:
              selektor: {}
              selector: {matchLabels: {line: "not/valid"}}
              models:
              - {name: UPPER, package: "no tag here"}
              endpoint: {port: 99999, expose: world}
              resources: {limits: {cpu: fast, memory: 1Qi, pids: 1}}
              cpuSet: "3-1"
            """;
        await using TestServer server = await TestServer.StartAsync();
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ApplyAsync(manifest, false, false, server.Ct));
        Assert.Equal(422, refused.Status);
        Assert.Equal("KEDGE-API-005", refused.Problem.Error.Code);
        Assert.True(refused.Problem.Findings.Count >= 10, string.Join('\n', refused.Problem.Findings));
        Assert.All(refused.Problem.Findings, f => Assert.True(f.Line > 0, f.ToString()));
        Assert.Empty((await server.Client.ListDeploymentsAsync(server.Ct)).Items);
    }

    [Fact]
    public async Task One_bad_object_keeps_the_whole_manifest_from_being_applied()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        string manifest = MainPathTests.Manifest + """

            ---
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: second}
            spec:
              selector: {}
              models: [{name: gone, package: "gone:v9"}]
              endpoint: {port: 8600, expose: loopback}
            """;
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ApplyAsync(manifest, false, false, server.Ct));
        FindingResource finding = Assert.Single(refused.Problem.Findings);
        Assert.Equal("KEDGE-API-010", finding.Code);
        Assert.True(finding.Line >= 10, finding.ToString());

        string unknownDevice = MainPathTests.Manifest + """

            ---
            apiVersion: kedge.dev/v1
            kind: Device
            metadata: {name: nobody, labels: {line: press}}
            """;
        refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ApplyAsync(unknownDevice, false, false, server.Ct));
        Assert.Equal(404, refused.Status);
        Assert.Empty((await server.Client.ListDeploymentsAsync(server.Ct)).Items);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_change_and_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        ApplyResource dry = await server.Client.ApplyAsync(MainPathTests.Manifest, dryRun: true, diff: true, server.Ct);
        Assert.Equal("created", Assert.Single(dry.Results).Outcome);
        Assert.Empty((await server.Client.ListDeploymentsAsync(server.Ct)).Items);

        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        ApplyResource same = await server.Client.ApplyAsync(MainPathTests.Manifest, false, true, server.Ct);
        Assert.Equal("unchanged", Assert.Single(same.Results).Outcome);
        string other = MainPathTests.Manifest.Replace("8500", "8501", StringComparison.Ordinal);
        ApplyResource changed = await server.Client.ApplyAsync(other, true, true, server.Ct);
        Assert.Equal("configured", changed.Results[0].Outcome);
        Assert.Equal(["~ spec.endpoint.port: 8500 -> 8501"], changed.Results[0].Diff);
    }

    [Fact]
    public async Task Undo_goes_back_and_forth_again_and_the_history_tells()
    {
        await using TestServer server = await TestServer.StartAsync();
        TestPackage one = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        TestPackage two = await TestPackage.PushAsync(server, "bearing", "v2", 2);
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Any(w => w.Models[0].Package == one.Digest));
        string second = MainPathTests.Manifest.Replace("bearing:v1", "bearing:v2", StringComparison.Ordinal);
        await server.Client.ApplyAsync(second, false, false, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Any(w => w.Models[0].Package == two.Digest));

        DeploymentResource back = await server.Client.UndoDeploymentAsync("bearing-monitor", 0, server.Ct);
        Assert.Equal(3, back.Revision);
        DesiredState state =
            await device.UntilDesiredAsync(s => s.Workloads.Any(w => w.Models[0].Package == one.Digest));
        Assert.Equal(3, state.Generation.Value);
        await server.Client.UndoDeploymentAsync("bearing-monitor", 2, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Any(w => w.Models[0].Package == two.Digest));

        ResourceList<RevisionResource> history = await server.Client.GetHistoryAsync("bearing-monitor", server.Ct);
        Assert.Equal([4, 3, 2, 1], history.Items.Select(r => r.Revision));
        Assert.True(history.Items[0].Current);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.UndoDeploymentAsync("bearing-monitor", 99, server.Ct));
        Assert.Equal("KEDGE-API-013", refused.Problem.Error.Code);
    }

    [Fact]
    public async Task A_tag_that_moves_later_changes_no_deployment()
    {
        await using TestServer server = await TestServer.StartAsync();
        TestPackage one = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        await TestPackage.PushAsync(server, "bearing", "v1", 2);
        DeploymentResource shown = await server.Client.GetDeploymentAsync("bearing-monitor", server.Ct);
        Assert.Equal(one.Digest.ToString(), shown.Models[0].Digest);
    }

    [Fact]
    public async Task Versions_are_looked_up_once_and_the_highest_comes_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        string manifest = MainPathTests.Manifest.Replace(
            "package: \"bearing:v1\"", "package: bearing, versions: {latest: 2}", StringComparison.Ordinal);
        Assert.NotEqual(MainPathTests.Manifest, manifest);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ApplyAsync(manifest, false, false, server.Ct));
        Assert.Equal("KEDGE-API-035", Assert.Single(refused.Problem.Findings).Code);

        TestPackage one = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        TestPackage two = await TestPackage.PushAsync(server, "bearing", "v2", 2);
        TestPackage ten = await TestPackage.PushAsync(server, "bearing", "v10", 3);
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await server.Client.ApplyAsync(manifest, false, false, server.Ct);
        DesiredState state = await device.UntilDesiredAsync(static s => s.Workloads.Any());
        Assert.Equal(
            [("bearing", "v10", ten.Digest), ("bearing", "v2", two.Digest)],
            state.Workloads[0].Models.Select(static m => (m.Name, m.Version, m.Package)));

        // What comes later changes nothing, until it is applied again.
        TestPackage eleven = await TestPackage.PushAsync(server, "bearing", "v11", 4);
        DeploymentResource shown = await server.Client.GetDeploymentAsync("bearing-monitor", server.Ct);
        Assert.Equal(
            [("v10", "bearing:v10", ten.Digest.ToString()), ("v2", "bearing:v2", two.Digest.ToString())],
            shown.Models.Select(static m => (m.Version, m.Package, m.Digest)));
        ApplyResource again = await server.Client.ApplyAsync(manifest, false, false, server.Ct);
        Assert.Equal("configured", Assert.Single(again.Results).Outcome);
        _ = await device.UntilDesiredAsync(s => s.Workloads[0].Models[0].Package == eleven.Digest);

        string listed = manifest.Replace("{latest: 2}", "{listed: [v1, v2, v7]}", StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ApplyAsync(listed, false, false, server.Ct));
        FindingResource finding = Assert.Single(refused.Problem.Findings);
        Assert.Equal(("KEDGE-API-035", "spec.models[0].versions"), (finding.Code, finding.Field));
        Assert.Contains("has no v7", finding.Message, StringComparison.Ordinal);
        await server.Client.ApplyAsync(
            listed.Replace(", v7", "", StringComparison.Ordinal), false, false, server.Ct);
        state = await device.UntilDesiredAsync(s => s.Workloads[0].Models[0].Package == two.Digest);
        Assert.Equal(["v2", "v1"], state.Workloads[0].Models.Select(static m => m.Version));
        Assert.Equal(one.Digest, state.Workloads[0].Models[1].Package);
    }

    [Fact]
    public async Task More_versions_than_one_server_takes_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 1; i <= 17; i++)
        {
            await TestPackage.PushAsync(server, "bearing", $"v{i}", (byte)i);
        }

        string manifest = MainPathTests.Manifest.Replace(
            "package: \"bearing:v1\"", "package: bearing, versions: {all: true}", StringComparison.Ordinal);
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ApplyAsync(manifest, false, false, server.Ct));
        Assert.Equal("KEDGE-API-036", Assert.Single(refused.Problem.Findings).Code);
        await server.Client.ApplyAsync(
            manifest.Replace("{all: true}", "{latest: 16}", StringComparison.Ordinal), false, false, server.Ct);
        Assert.Equal(16, (await server.Client.GetDeploymentAsync("bearing-monitor", server.Ct)).Models.Count);
    }

    [Fact]
    public async Task Explain_says_why_each_device_was_or_was_not_chosen()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await using TestDevice fits = await server.EnrolAsync("a-fits", ("line", "press"));
        await using TestDevice silent = await server.EnrolAsync("b-silent", ("line", "press"));
        await using TestDevice other = await server.EnrolAsync("c-other", ("line", "mill"));
        await fits.ConnectAsync();
        await fits.ReportFactsAsync();
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        ExplanationResource why = await server.Client.ExplainDeploymentAsync("bearing-monitor", server.Ct);
        Assert.Equal(["Chosen", "Rejected", "NotMatched"], why.Devices.Select(d => d.Verdict));
        Assert.Equal(["bearing=onnx-fp32"], why.Devices[0].Variants);
        Assert.All(why.Devices, d => Assert.NotEmpty(d.Reasons));
        Assert.Contains("line", why.Devices[2].Reasons[0], StringComparison.Ordinal);
        foreach (DeviceExplanation device in why.Devices)
        {
            ResourceList<ExplanationResource> one = await server.Client.ExplainDeviceAsync(device.Device, server.Ct);
            ExplanationResource told = Assert.Single(one.Items);
            Assert.Equal((why.Deployment, why.Revision), (told.Deployment, told.Revision));
            Assert.Equivalent(device, Assert.Single(told.Devices), strict: true);
        }

        KedgeApiException unknown = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.ExplainDeviceAsync("d-unknown", server.Ct));
        Assert.Equal(404, unknown.Status);
    }

    [Fact]
    public async Task A_deleted_deployment_leaves_its_devices_and_then_the_list()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.DeployAsync();
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        await server.Client.DeleteAsync("deployments", "bearing-monitor", server.Ct);
        DesiredState state = await device.UntilDesiredAsync(s => s.Workloads.IsEmpty);
        Assert.Equal(2, state.Generation.Value);
        await server.UntilAsync(
            () => server.Client.ListDeploymentsAsync(server.Ct), l => l.Items.Count == 0);
    }

    [Fact]
    public async Task Labels_and_cordon_move_a_deployment_and_a_stale_revision_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        await server.Client.LabelDeviceAsync(
            "press-1", new Dictionary<string, string?> { ["line"] = "press" }, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        await server.Client.LabelDeviceAsync("press-1", new Dictionary<string, string?> { ["line"] = null }, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.IsEmpty);

        using HttpClient http = server.Bare();
        using HttpRequestMessage stale = new(HttpMethod.Put, "/api/v1/devices/press-1/cordon")
        {
            Content = new StringContent("{\"cordoned\":true}"),
        };
        stale.Headers.Authorization = new("Bearer", server.Context.Token);
        stale.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        using HttpResponseMessage response = await http.SendAsync(stale, server.Ct);
        Assert.Equal(412, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_problem_that_a_device_reports_shows_in_the_deployment()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.DeployAsync();
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        await device.ReportStatusAsync(1, new WorkloadStatus
        {
            Name = "bearing-monitor",
            Phase = "failed",
            Problem = new ProblemMessage("KEDGE-SERVE-001", "golden samples differ"),
        });
        DeploymentResource shown = await server.Client.GetDeploymentAsync("bearing-monitor", server.Ct);
        Assert.Equal((1, 0, 1), (shown.Devices, shown.Ready, shown.Failing));
        Assert.Equal("Failing", (await server.Client.GetDeviceAsync("press-1", server.Ct)).Status);
    }
}
