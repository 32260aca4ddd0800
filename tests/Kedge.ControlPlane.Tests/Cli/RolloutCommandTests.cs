using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Cli;
using Kedge.ControlPlane.Tests.Link;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;
using Kedge.Mqtt.Packets;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary><c>kedge rollout</c> and <c>kedge explain rollout</c>, against a real server.</summary>
public sealed class RolloutCommandTests : IAsyncLifetime, IDisposable
{
    private const string Gated = "{type: Waves, canary: {count: 1}, soak: 0s, "
        + "gates: {errors: {maxIncrease: 1%, minRequests: 100}, maxRestarts: 0}}";

    private readonly CliRun _cli = new();
    private RolloutFleet _fleet = null!;

    public async Task InitializeAsync()
    {
        _fleet = await RolloutFleet.StartAsync(5, o => o with { ContextFile = _cli.ConfigPath });
        ContextDocument.Load(_cli.ConfigPath).With(_fleet.Server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_rollout_is_followed_steered_and_explained()
    {
        await ApplyAsync("v2");
        TestDevice canary = Assert.Single(await _fleet.AskedAsync(2, 1));
        CliResult look = await _cli.RunAsync("rollout", "status", "bearing-monitor", "--watch", "false");
        Assert.Equal(ExitCodes.TimedOut, look.Exit);
        Assert.Contains("Phase:          Progressing, wave 1 of 3 (up to 1 device)\n", look.Out,
            StringComparison.Ordinal);
        Assert.Contains("Waits for:      1 device does not serve it yet\n", look.Out, StringComparison.Ordinal);
        Assert.Matches($@"{canary.Name}\s+yes\s+2\s+Changing\s+is taking revision 2\n", look.Out);
        Assert.Equal(2, JsonNode.Parse(await OkAsync(
            "rollout", "status", "bearing-monitor", "-o", "json"))!["target"]!.GetValue<int>());
        Assert.Matches(@"Progressing, wave 1\s", await OkAsync("get", "deployments"));
        Assert.Contains("Rollout:        Progressing, wave 1 of 3: revision 2, wave 1 of 3: 1 of 5 devices have it",
            await OkAsync("describe", "deployment", "bearing-monitor"), StringComparison.Ordinal);
        string explained = await OkAsync("explain", "rollout", "bearing-monitor");
        Assert.Matches($@"{canary.Name}\s+yes\s+2\s+Changing\s+is taking revision 2\n", explained);
        Assert.Equal(4, explained.Split("its turn comes in a later wave").Length - 1);
        Assert.DoesNotContain("later wave", await OkAsync(
            "explain", "rollout/bearing-monitor", "--device", canary.Name), StringComparison.Ordinal);
        Assert.Contains("phase: Progressing", await OkAsync(
            "explain", "rollout", "bearing-monitor", "-o", "yaml"), StringComparison.Ordinal);

        Assert.Equal(
            "deployment/bearing-monitor revision 2 paused in wave 1 of 3: 1 of 5 devices have it and keep it\n",
            await OkAsync("rollout", "pause", "deployment/bearing-monitor"));
        CliResult paused = await _cli.RunAsync("rollout", "status", "bearing-monitor");
        Assert.Equal(ExitCodes.Failed, paused.Exit);
        Assert.Contains("error KEDGE-ROLLOUT-003: deployment/bearing-monitor revision 2, wave 1 of 3, paused: ",
            paused.Error, StringComparison.Ordinal);
        Assert.Equal(
            "deployment/bearing-monitor revision 2 resumed in wave 1 of 3\n",
            await OkAsync("rollout", "resume", "bearing-monitor"));
        CliResult twice = await _cli.RunAsync("rollout", "resume", "bearing-monitor");
        Assert.Equal(ExitCodes.Refused, twice.Exit);
        Assert.Contains("error KEDGE-ROLLOUT-005: revision 2 of 'bearing-monitor' is not paused",
            twice.Error, StringComparison.Ordinal);

        // The next plan may have been quicker than the answer.
        Assert.Matches(
            "^deployment/bearing-monitor revision 2 promoted: [15] of 5 devices have it, the rest follow now\n$",
            await OkAsync("rollout", "promote", "bearing-monitor"));
        await _fleet.ServeAsync(2, await _fleet.AskedAsync(2, 5));
        CliResult done = await _cli.RunAsync("rollout", "status", "bearing-monitor");
        Assert.True(done.Exit == ExitCodes.Ok, done.All);
        Assert.Contains("deployment/bearing-monitor revision 2 is complete: ", done.Out, StringComparison.Ordinal);
        Assert.Matches(@"2\s+\*\s+Complete\s", await OkAsync("rollout", "history", "bearing-monitor"));
    }

    [Fact]
    public async Task A_rollout_waits_for_a_device_that_is_held_and_says_so()
    {
        await ApplyAsync("v2");
        TestDevice canary = Assert.Single(await _fleet.AskedAsync(2, 1));
        await _fleet.WaitAsync(canary, 2, serving: 1);
        await _fleet.UntilAsync(r => r.Waits.Any(w => w.Contains("released", StringComparison.Ordinal)));
        CliResult look = await _cli.RunAsync("rollout", "status", "bearing-monitor", "--watch", "false");
        Assert.Equal(ExitCodes.TimedOut, look.Exit);
        Assert.Contains(
            "1 device waits for a maintenance window, or to be released by somebody there", look.Out,
            StringComparison.Ordinal);
        Assert.Matches(
            $@"{canary.Name}\s+yes\s+2\s+Changing\s+waits to take revision 2: KEDGE-DEVICE-003 held by this device",
            await OkAsync("explain", "rollout", "bearing-monitor"));
        Assert.Contains(
            "KEDGE-DEVICE-003: held by this device: in motion", await OkAsync("describe", "device", canary.Name),
            StringComparison.Ordinal);
        await _fleet.ServeAsync(2, [canary]);
        await _fleet.UntilAsync(r => r.Waits.All(w => !w.Contains("released", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_rollout_that_goes_back_says_why_and_fails()
    {
        await ApplyAsync("v3");
        Task<CliResult> status = _cli.RunAsync("rollout", "status", "bearing-monitor", "--timeout", "60s");
        TestDevice canary = Assert.Single(await _fleet.AskedAsync(2, 1));
        await _fleet.GiveUpAsync(canary, 2, serving: 1);
        await _fleet.ServeAsync(1, [canary]);
        CliResult failed = await status;
        Assert.Equal(ExitCodes.Failed, failed.Exit);
        Assert.Contains(
            "error KEDGE-ROLLOUT-001: deployment/bearing-monitor revision 2 went back to revision 1: ",
            failed.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            $"1 of 1 devices gave revision 2 up: {canary.Name}: KEDGE-SERVE-010 2 of 8 golden samples agree, 8 must",
            failed.Error,
            StringComparison.Ordinal);
        Assert.Matches(@"2\s+\*\s+RolledBack\s", await OkAsync("rollout", "history", "bearing-monitor"));
        Assert.Equal("RolledBack", JsonNode.Parse(await OkAsync(
            "rollout", "history", "bearing-monitor", "-o", "json"))!["items"]![0]!["phase"]!.GetValue<string>());

        await ApplyAsync("v2");
        await _fleet.AskedAsync(3, 1);
        Assert.Equal(
            "deployment/bearing-monitor revision 3 aborted: every device goes back to revision 1\n",
            await OkAsync("rollout", "abort", "bearing-monitor"));
    }

    [Fact]
    public async Task What_gates_say_is_shown_and_a_broken_one_is_the_reason()
    {
        foreach (TestDevice device in _fleet.Devices)
        {
            await CountAsync(device, 1, 2000, failures: 2);
        }

        await OkAsync("apply", "-f", _cli.Write("bearing.yaml", RolloutFleet.Manifest("v2", Gated)));
        TestDevice canary = Assert.Single(await _fleet.AskedAsync(2, 1));
        await _fleet.ServeAsync(2, [canary]);
        await CountAsync(canary, 2, 40, failures: 1);
        await _fleet.UntilAsync(r => r.Gates is [{ Text: "40 requests of at least 100" }, _]);
        string explained = await OkAsync("explain", "rollout", "bearing-monitor");
        Assert.Matches(
            @"Gates:\n  GATE +STANDING +FIGURES\n  errors +Waiting +40 requests of at least 100\n", explained);
        Assert.Matches(@"  restarts +Passing +within its limits on every device that told\n", explained);
        JsonNode json = JsonNode.Parse(await OkAsync("rollout", "status", "bearing-monitor", "-o", "json"))!;
        Assert.Equal(
            """{"gate":"errors","standing":"waiting","text":"40 requests of at least 100"}""",
            json["gates"]![0]!.ToJsonString());

        await CountAsync(canary, 2, 1000, failures: 300);
        await _fleet.ServeAsync(1, [canary]);
        CliResult failed = await _cli.RunAsync("rollout", "status", "bearing-monitor", "--timeout", "60s");
        Assert.Equal(ExitCodes.Failed, failed.Exit);
        Assert.Contains($"error {RolloutErrors.GateFailed.Code}: deployment/bearing-monitor revision 2 went back",
            failed.Error, StringComparison.Ordinal);
        Assert.Matches(
            $"gate errors: at least [0-9.]+ % of the answers are errors in 1,000 requests on {canary.Name}, ",
            failed.Error);
    }

    [Fact]
    public async Task Without_waves_status_waits_for_every_device_and_there_is_nothing_to_steer()
    {
        Assert.Equal(
            "deployment/bearing-monitor serves revision 1 on all its devices\n",
            await OkAsync("rollout", "status", "bearing-monitor"));
        CliResult refused = await _cli.RunAsync("rollout", "promote", "bearing-monitor");
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.Contains("gives a revision to all its devices at once", refused.Error, StringComparison.Ordinal);
        Assert.Contains("strategy: All", await OkAsync(
            "rollout", "status", "bearing-monitor", "-o", "yaml"), StringComparison.Ordinal);
    }

    private static async Task CountAsync(TestDevice device, long revision, long requests, long failures)
    {
        WorkloadSpec workload = device.Desired()!.Workloads[0]; // It was asked for it.
        Assert.Equal(revision, workload.Revision);
        FigureWindow window = TestFigures.Window(
            new InstanceId(workload.Deployment, revision), workload.Digest, requests, failures: failures);
        Assert.Equal(MqttReasonCode.Success, await device.PublishAsync(
            device.Topic(Topics.Telemetry), FiguresFormat.Write(workload.Deployment, [window])));
    }

    private async Task ApplyAsync(string tag) => await OkAsync(
        "apply", "-f", _cli.Write("bearing.yaml", RolloutFleet.Manifest(tag, RolloutFleet.Waves)));

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, $"kedge {string.Join(' ', arguments)}: {result.Exit}\n{result.All}");
        return result.Out;
    }
}
