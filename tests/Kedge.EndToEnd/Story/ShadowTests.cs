using System.Net;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// Releases that are compared with live requests before they serve, with real programs: one that passes its golden
/// samples and answers otherwise is refused before a client saw an answer of it, one that answers alike goes through.
/// </summary>
public sealed class ShadowTests : FleetTest
{
    private const string Deployment = "trial";
    private const int Port = 8511;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    protected override async Task StartAsync()
    {
        await StartDevicesAsync(2);
        await PushTrialAsync(("v1", TrialModels.Good), ("wrong", TrialModels.Wrong));
        await ApplyAsync("v1", "{type: All}", "256Mi");
        await Fleet.ServingAsync(Deployment, "trial:v1", 2, _patience);
    }

    [Fact]
    public async Task What_answers_otherwise_is_refused_before_a_client_sees_it_and_what_answers_alike_serves()
    {
        await using LoadGenerator load = LoadGenerator.Start(
            Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "trial", TrialModels.Signals, 1, TimeSpan.FromMilliseconds(10));
        await Until.TrueAsync(() => Task.FromResult(load.Requests > 100), _patience, DescribeAsync);

        int[] before = await PidsAsync();
        await ApplyAsync("wrong", Strategy("{share: 50%, minRequests: 100}"), "256Mi");
        CommandResult status = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "120s"]);
        Assert.True(status.ExitCode == 1, status.Output + status.Error + await DescribeAsync());
        RolloutResource rollout = await Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None);
        Assert.Equal("RolledBack", rollout.Phase);
        Assert.Matches(
            @"edge-0\d: KEDGE-DEVICE-007 agreed on \d+ of \d+ answers to live requests, asked for are 99 %; "
            + @"the first difference: output 'label': element 0 is \d, expected \d",
            rollout.Reason);
        Assert.Equal(before, await PidsAsync());

        // The same model with other limits is a new release; it answers as the old one does.
        await ApplyAsync("v1", Strategy("{share: 50%, minRequests: 400}"), "200Mi");
        DeviceResource? seen = null;
        await Until.TrueAsync(
            async () => (seen = await ComparingAsync()) is not null, _patience, DescribeAsync);
        Assert.Matches(
            @"agreed on (\d+) of \1 answers to live requests, asked for are 99 %; it serves after 400, or in \d+ s",
            seen!.Workloads[0].Problem?.Message);
        CommandResult good = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "180s"]);
        Assert.True(good.ExitCode == 0, good.Output + good.Error + await DescribeAsync());
        Assert.Empty(before.Intersect(await PidsAsync()));

        await load.StopAsync();
        Assert.True(load.Failed == 0, $"{load.Failed} of {load.Requests} failed: {string.Join("; ", load.Failures)}");
        Assert.All(load.Counts.Values, c => Assert.Equal(c.Answered, c.Right));
    }

    /// <summary>A device that says how far its comparison is; null when none does now.</summary>
    private async Task<DeviceResource?> ComparingAsync() => (await DevicesAsync()).FirstOrDefault(
        static d => d.Workloads[0] is { Phase: "shadowing", Problem.Code: "KEDGE-DEVICE-008" });

    private async Task<int[]> PidsAsync() =>
        [.. (await DevicesAsync()).OrderBy(static d => d.Name).Select(static d => d.Workloads[0].Pid)];

    private static string Strategy(string shadow) =>
        $"{{type: Waves, canary: {{count: 1}}, soak: 1s, shadow: {shadow}}}";

    private Task<string> DescribeAsync() => DescribeAsync(Deployment);

    private async Task ApplyAsync(string version, string strategy, string memory) =>
        (await DeployAsync(Deployment, "trial", $$$"""
            models:
            - {name: trial, package: "trial:{{{version}}}"}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {memory: {{{memory}}}, pids: 64}}
            strategy: {{{strategy}}}
            """)).MustSucceed();
}
