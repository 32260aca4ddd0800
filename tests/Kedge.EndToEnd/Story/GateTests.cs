using System.Net;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// Releases that serve, pass their golden samples and are bad all the same, with real programs: only the figures of
/// live requests tell. One is slow, one answers with errors; both are taken back by their gates, a good one is not.
/// </summary>
public sealed class GateTests : FleetTest
{
    private const string Deployment = "trial";
    private const int Port = 8510;
    private const string Gates =
        "{window: 30s, errors: {maxIncrease: 1%, minRequests: 50}, "
        + "latency: [{quantile: p50, maxRatio: 4, minRequests: 50}]}";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    protected override async Task StartAsync()
    {
        await StartDevicesAsync(3);
        await PushTrialAsync(
            ("v1", TrialModels.Good), ("slow", TrialModels.Slow), ("narrow", TrialModels.Narrow));
        await ApplyAsync("v1", "{type: All}", "256Mi");
        await Fleet.ServingAsync(Deployment, "trial:v1", 3, _patience);
    }

    [Fact]
    public async Task What_only_live_figures_tell_is_taken_back_and_a_good_release_is_not()
    {
        await using LoadGenerator load = LoadGenerator.Start(
            Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "trial", TrialModels.Signals, 1, TimeSpan.FromMilliseconds(10));
        await Until.TrueAsync(() => Task.FromResult(load.Requests > 600), _patience, DescribeAsync);

        string slow = await TakenBackAsync("slow");
        Assert.Contains("gate latency p50: at least ", slow, StringComparison.Ordinal);
        Assert.Contains(" before on the same devices", slow, StringComparison.Ordinal);
        Assert.True(load.Failed == 0, $"{load.Failed} of {load.Requests} failed: {string.Join("; ", load.Failures)}");

        string narrow = await TakenBackAsync("narrow");
        Assert.Matches(
            @"gate errors: at least [0-9.]+ % of the answers are errors in [0-9,]+ requests on edge-0\d", narrow);
        Assert.All(load.Failures, failure => Assert.Contains("KEDGE-INFER-", failure, StringComparison.Ordinal));

        // The same model with other limits is a new release; it is as good as the old one.
        long failed = load.Failed;
        await ApplyAsync("v1", $"{{type: Waves, canary: {{count: 1}}, soak: 3s, gates: {Gates}}}", "200Mi");
        CommandResult good = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "120s"]);
        Assert.True(good.ExitCode == 0, good.Output + good.Error + await DescribeAsync());
        await load.StopAsync();
        Assert.Equal(failed, load.Failed);
    }

    [Fact]
    public async Task A_release_that_answers_otherwise_than_its_package_knows_is_taken_back_and_a_good_one_is_not()
    {
        const string Drift = "{window: 30s, drift: {maxInputs: 0.25, maxOutputs: 0.1, minRequests: 200}}";
        string reference = Path.Combine(Folder, "reference.json");
        await File.WriteAllTextAsync(reference, TrialModels.Reference);
        (string, byte[])[] versions = [("known", TrialModels.Good), ("forgetful", TrialModels.Forgetful)];
        foreach ((string tag, byte[] model) in versions)
        {
            string file = Path.Combine(Folder, $"{tag}.onnx");
            await File.WriteAllBytesAsync(file, model);
            CommandResult pushed = await Fleet.KedgeAsync(
                ["model", "push", file, "--name", "trial", "--tag", tag, "--reference", reference]);
            pushed.MustSucceed();
            Assert.Contains("reference for drift: 1,000 samples of 2 tensors", pushed.Output, StringComparison.Ordinal);
        }

        // The package that serves was pushed without one.
        CommandResult refused = await TryApplyAsync("v1", $"{{type: Waves, gates: {Drift}}}", "200Mi");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("KEDGE-ROLLOUT-012", refused.Error, StringComparison.Ordinal);
        await using LoadGenerator load = LoadGenerator.Start(
            Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "trial", TrialModels.Signals, 1, TimeSpan.FromMilliseconds(10));
        await Until.TrueAsync(() => Task.FromResult(load.Requests > 100), _patience, DescribeAsync);

        Assert.Matches(
            @"gate drift of outputs: label: PSI 0\.[0-9]+ over [0-9,]+ requests on edge-0\d, at least 0\.[0-9]+ beyond "
            + @"doubt, 0\.1 may be", await TakenBackAsync("forgetful", Drift));

        await ApplyAsync("known", $"{{type: Waves, canary: {{count: 1}}, soak: 3s, gates: {Drift}}}", "200Mi");
        CommandResult good = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "120s"]);
        Assert.True(good.ExitCode == 0, good.Output + good.Error + await DescribeAsync());
        await load.StopAsync();
    }

    /// <summary>Rolls a version out, sees it taken back from the one device that had it; returns the reason.</summary>
    private async Task<string> TakenBackAsync(string version, string gates = Gates)
    {
        IReadOnlyList<DeviceResource> before = await DevicesAsync();
        await ApplyAsync(version, $"{{type: Waves, canary: {{count: 1}}, soak: 10m, gates: {gates}}}", "256Mi");
        CommandResult status = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "120s"]);
        Assert.True(status.ExitCode == 1, status.Output + status.Error + await DescribeAsync());
        Assert.Contains("error KEDGE-ROLLOUT-007", status.Error, StringComparison.Ordinal);
        RolloutResource rollout = await Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None);
        Assert.Equal("RolledBack", rollout.Phase);
        await Fleet.ServingAsync(Deployment, "trial:v1", 3, _patience);
        IReadOnlyList<DeviceResource> after = await DevicesAsync();

        // The one that changed had kept what served before.
        Assert.Equal(3, after.Count(a => a.Workloads[0].Pid == before.Single(b => b.Name == a.Name).Workloads[0].Pid));
        return rollout.Reason;
    }

    private Task<string> DescribeAsync() => DescribeAsync(Deployment);

    private async Task ApplyAsync(string version, string strategy, string memory) =>
        (await TryApplyAsync(version, strategy, memory)).MustSucceed();

    private Task<CommandResult> TryApplyAsync(string version, string strategy, string memory) =>
        DeployAsync(Deployment, "trial", $$$"""
            models:
            - {name: trial, package: "trial:{{{version}}}"}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {memory: {{{memory}}}, pids: 64}}
            strategy: {{{strategy}}}
            """);
}
