using System.Globalization;
using System.Net;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// Releases whose process dies or hangs, with real programs: devices help themselves, and the server need not be there.
/// </summary>
public sealed class FallbackTests : FleetTest
{
    private const string Deployment = "trial";
    private const int Port = 8511;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(180);

    protected override async Task StartAsync()
    {
        await StartDevicesAsync(3);
        await PushTrialAsync(("v1", TrialModels.Good), ("deadly", TrialModels.Deadly));
        await ApplyAsync("v1", "{type: All}");
        await Fleet.ServingAsync(Deployment, "trial:v1", 3, _patience);
    }

    [Fact]
    public async Task One_that_dies_at_its_tenth_request_is_quarantined_and_the_rollout_goes_back()
    {
        IReadOnlyList<DeviceResource> before = await DevicesAsync();
        await using LoadGenerator load = Load();
        await ApplyAsync("deadly", "{type: Waves, canary: {count: 1}, soak: 10m}");
        CommandResult status = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "180s"]);
        Assert.True(status.ExitCode == 1, status.Output + status.Error + await DescribeAsync());
        Assert.Matches(
            "deployment/trial revision 2 went back to revision 1: .*; 1 of 1 devices gave revision 2 up: "
            + @"edge-0\d: KEDGE-DEVICE-002 .*failed 3 times in a row and is quarantined; the last time: KEDGE-",
            status.Error);
        await Fleet.ServingAsync(Deployment, "trial:v1", 3, _patience);

        // The two others never had it: nobody who asked them lost anything.
        DeviceResource canary = Assert.Single(
            await DevicesAsync(), a => a.DesiredGeneration != before.Single(b => b.Name == a.Name).DesiredGeneration);
        Assert.All(load.Counts.Where(c => c.Key != canary.Name), c => Assert.Equal(0, c.Value.Failed));
        await AnswersAsync(load, canary.Name);
    }

    [Fact]
    public async Task One_that_dies_at_its_tenth_request_is_quarantined_and_replaced_without_a_link()
    {
        await ApplyAsync("deadly", "{type: All}");
        await Fleet.ServingAsync(Deployment, "trial:deadly", 3, _patience);
        string bad = (await DevicesAsync())[0].Workloads[0].ServingRelease;
        await Fleet.Server.KillAsync();

        await using LoadGenerator load = Load();
        foreach (LocalDevice device in Fleet.Devices)
        {
            await Until.TrueAsync(
                () => Task.FromResult(LogOf(device).Contains("ReleaseQuarantined", StringComparison.Ordinal)),
                _patience,
                () => Task.FromResult(device.LogTail()));
            await AnswersAsync(load, device.Name);
        }

        await load.StopAsync();
        await Fleet.StartServerAsync();
        await Fleet.ServingAsync(Deployment, "trial:v1", 3, _patience);
        Assert.All(await DevicesAsync(), device =>
        {
            WorkloadResource workload = device.Workloads.Single();
            Assert.Equal("KEDGE-DEVICE-002", workload.Problem?.Code);
            Assert.Equal(bad, workload.TargetRelease);
            Assert.NotEqual(bad, workload.ServingRelease);
        });
    }

    [Fact]
    public async Task One_that_hangs_is_found_by_its_probe_and_started_anew_without_a_link()
    {
        Dictionary<string, int> before = (await DevicesAsync()).ToDictionary(d => d.Name, PidOf);
        await Fleet.Server.KillAsync();
        LocalDevice device = Fleet.Devices[0];
        string pid = before[device.Name].ToString(CultureInfo.InvariantCulture);
        (await CommandResult.RunAsync("/bin/kill", ["-STOP", pid])).MustSucceed();
        await using LoadGenerator load = Load();
        await AnswersAsync(load, device.Name);
        await load.StopAsync();

        await Fleet.StartServerAsync();
        await Fleet.ServingAsync(Deployment, "trial:v1", 3, _patience);
        await Until.TrueAsync(
            async () => (await DevicesAsync()).Count(d => PidOf(d) != before[d.Name]) == 1, _patience, DescribeAsync);
        CommandResult events = await Fleet.KedgeAsync(["events"]);
        Assert.Matches(
            "ProbeFailed.*did not answer its probe 3 times in a row, last: trial gave no answer in 1 s",
            events.MustSucceed().Output);
    }

    /// <summary>Waits until a device has answered some more, each request of the ten among them.</summary>
    private async Task AnswersAsync(LoadGenerator load, string device)
    {
        long answered = load.Counts[device].Right;
        await Until.TrueAsync(
            () => Task.FromResult(load.Counts[device].Right > answered + 30),
            _patience,
            () => Task.FromResult(string.Join("; ", load.Failures) + Fleet.Devices.Single(d => d.Name == device)
                .LogTail()));
    }

    private LoadGenerator Load() => LoadGenerator.Start(
        Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
        "trial", TrialModels.TenthIsNine, 1, TimeSpan.FromMilliseconds(10));

    private static string LogOf(LocalDevice device)
    {
        using FileStream log = new(device.Agent.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(log);
        return reader.ReadToEnd();
    }

    private static int PidOf(DeviceResource device) => device.Workloads[0].Pid;

    private Task<string> DescribeAsync() => DescribeAsync(Deployment);

    private async Task ApplyAsync(string version, string strategy) =>
        (await DeployAsync(Deployment, "trial", $$$"""
            models:
            - {name: trial, package: "trial:{{{version}}}"}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {memory: 192Mi, pids: 64}}
            probe: {every: 5s, timeout: 1s}
            strategy: {{{strategy}}}
            """)).MustSucceed();
}
