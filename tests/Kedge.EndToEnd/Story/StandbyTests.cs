using System.Diagnostics;
using System.Net;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;
using Xunit.Abstractions;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// A rollout that is taken back, with real programs under load: what waits frozen is thawed, also by an agent that was
/// killed meanwhile, and no request is lost.
/// </summary>
public sealed class StandbyTests(ITestOutputHelper output) : FleetTest
{
    private const string Deployment = "trial";
    private const int Port = 8520;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    protected override async Task StartAsync()
    {
        await StartDevicesAsync(1);
        await PushTrialAsync(("v1", TrialModels.Good));
        await ApplyAsync("{type: All}", 256);
        await Fleet.ServingAsync(Deployment, "trial:v1", 1, _patience);
    }

    [Fact]
    public async Task A_rollback_is_a_thaw_of_the_process_that_served_before_and_loses_no_request()
    {
        await using LoadGenerator load = LoadGenerator.Start(
            Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "trial", TrialModels.Signals, 2, TimeSpan.FromMilliseconds(10));
        await Until.TrueAsync(() => Task.FromResult(load.Requests > 100), _patience, DescribeAsync);
        int first = (await WorkloadAsync()).Pid;

        await ApplyAsync("{type: Waves, canary: {count: 1}, soak: 10m}", 200);
        WorkloadResource next = await KeptAsync(2);
        Assert.NotEqual(first, next.Pid);
        Assert.Matches(@"^trial:v1 waits frozen as trial\.\d+ until \d\d:\d\d UTC, \d+ MiB$", next.Standby);
        string described = (await Fleet.KedgeAsync(["describe", "device", "edge-01"])).MustSucceed().Output;
        Assert.Contains($"trial: {next.Standby}", described, StringComparison.Ordinal);
        string explained = (await Fleet.KedgeAsync(["explain", "rollout", Deployment])).MustSucceed().Output;
        Assert.Contains("waits frozen as", explained, StringComparison.Ordinal);
        TimeSpan thawed = await AbortAsync(1);
        Assert.Equal(first, (await WorkloadAsync()).Pid);

        // The agent dies while it waits: the next one finds it and thaws it all the same.
        await ApplyAsync("{type: Waves, canary: {count: 1}, soak: 10m}", 201);
        _ = await KeptAsync(3);
        await Fleet.Devices[0].Agent.KillAsync();
        Fleet.Devices[0].Start();
        await Until.TrueAsync(
            async () => (await EventsAsync()).Contains("2 instances adopted", StringComparison.Ordinal),
            _patience, DescribeAsync);
        _ = await AbortAsync(1);
        Assert.Equal(first, (await WorkloadAsync()).Pid);

        // Where nothing is kept, the way back is a start.
        await ApplyAsync("{type: Waves, canary: {count: 1}, soak: 10m, standby: 0s}", 202);
        await Until.TrueAsync(
            async () => await WorkloadAsync() is { ServingRevision: 4, Standby: "" }, _patience, DescribeAsync);
        TimeSpan started = await AbortAsync(1);
        Assert.NotEqual(first, (await WorkloadAsync()).Pid);

        await load.StopAsync();
        Assert.True(load.Failed == 0, $"{load.Failed} of {load.Requests} failed: {string.Join("; ", load.Failures)}");
        output.WriteLine(
            $"back by a thaw in {thawed.TotalMilliseconds:F0} ms, by a start in {started.TotalMilliseconds:F0} ms, "
            + $"{load.Requests} requests, none failed");
    }

    [Fact]
    public async Task A_cold_swap_under_load_makes_requests_wait_and_refuses_none()
    {
        await using LoadGenerator load = LoadGenerator.Start(
            Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "trial", TrialModels.Signals, 4, TimeSpan.FromMilliseconds(5));
        await Until.TrueAsync(() => Task.FromResult(load.Requests > 100), _patience, DescribeAsync);
        for (int round = 2; round <= 4; round++)
        {
            await ApplyAsync("{type: All, swap: cold}", 200 + round);
            await Until.TrueAsync(
                async () => (await WorkloadAsync()).ServingRevision == round, _patience, DescribeAsync);
        }

        Assert.Equal("swapped cold: its deployment asks for it", (await WorkloadAsync()).Swap);
        string described = await EventsAsync();
        Assert.Contains("trial: swapped cold: its deployment asks for it", described, StringComparison.Ordinal);
        Assert.Contains("SwapCold", described, StringComparison.Ordinal);
        await load.StopAsync();
        Assert.True(load.Failed == 0, $"{load.Failed} of {load.Requests} failed: {string.Join("; ", load.Failures)}");
        output.WriteLine(
            $"three cold swaps, {load.Requests} requests, none failed; the longest took "
            + $"{load.Longest.TotalMilliseconds:F0} ms");
    }

    private Task<string> DescribeAsync() => DescribeAsync(Deployment);

    private async Task<string> EventsAsync() =>
        (await Fleet.KedgeAsync(["describe", "device", "edge-01"])).MustSucceed().Output;

    private async Task<WorkloadResource> WorkloadAsync() =>
        (await Fleet.DeviceAsync("edge-01")).Workloads.Single();

    /// <summary>A revision serves, and what it replaced is frozen: only then its memory is known.</summary>
    private async Task<WorkloadResource> KeptAsync(long revision)
    {
        await Until.TrueAsync(
            async () => await WorkloadAsync() is { } w && w.ServingRevision == revision
                && w.Standby.EndsWith("MiB", StringComparison.Ordinal),
            _patience,
            DescribeAsync);
        return await WorkloadAsync();
    }

    /// <summary>
    /// Takes the rollout back; how long it takes from the call until the device says that the old release serves.
    /// </summary>
    private async Task<TimeSpan> AbortAsync(long revision)
    {
        long start = Stopwatch.GetTimestamp();
        _ = await Fleet.Client.AbortRolloutAsync(Deployment, CancellationToken.None);
        await Until.TrueAsync(
            async () => (await WorkloadAsync()).ServingRevision == revision, _patience, DescribeAsync);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        _ = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "60s"]);
        return took;
    }

    private async Task ApplyAsync(string strategy, int memoryMiB) =>
        (await DeployAsync(Deployment, "trial", $$$"""
            models:
            - {name: trial, package: "trial:v1"}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {memory: {{{memoryMiB}}}Mi, pids: 64}}
            strategy: {{{strategy}}}
            """)).MustSucceed();
}
