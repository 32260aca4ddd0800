using System.Net;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>Rollouts in waves with real programs: five agents, their model servers, and load on all of them.</summary>
public sealed class RolloutTests : FleetTest
{
    private const string Deployment = "bearing-monitor";
    private const int Port = 8500;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    private IReadOnlyList<Signal> _signals = [];

    protected override async Task StartAsync()
    {
        await StartDevicesAsync(5, "press", "press");
        foreach (string version in new[] { "v1", "v2", "v3" })
        {
            string folder = Path.Combine(Folder, version);
            await BearingAsync("train", "--version", version, "--seed", "1", "--out", folder);
            string[] push =
            [
                "model", "push", Path.Combine(folder, "model.onnx"), "--name", "bearing", "--tag", version,
                "--golden", Path.Combine(folder, "golden.json"), "--skip-golden-check",
            ];
            (await Fleet.KedgeAsync(push)).MustSucceed();
        }

        string file = Path.Combine(Folder, "signals.jsonl");
        await BearingAsync("signals", "--seed", "99", "--count", "100", "--out", file);
        _signals = Signal.Load(file);
        await ApplyAsync("v1", "{type: All}");
        await Fleet.ServingAsync(Deployment, "bearing:v1", 5, _patience);
    }

    [Fact]
    public async Task Waves_bring_a_good_version_to_all_and_take_a_bad_one_back_without_a_lost_request()
    {
        await using LoadGenerator load = LoadGenerator.Start(
            Fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "bearing", _signals, 2, TimeSpan.FromMilliseconds(20));
        await GoodVersionAsync();
        await BadVersionAsync();
        await PauseAndPromoteAsync();
        await AbortAsync();
        await load.StopAsync();
        Assert.True(load.Failed == 0, $"{load.Failed} of {load.Requests} failed: {string.Join("; ", load.Failures)}");
        Assert.True(load.Requests > 0);
    }

    private async Task GoodVersionAsync()
    {
        await ApplyAsync("v2", "{type: Waves, canary: {count: 1}, waves: [60%], soak: 2s}");
        List<(int Wave, int Exposed)> waves = [];
        await Until.TrueAsync(
            async () =>
            {
                RolloutResource rollout = await Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None);
                Assert.True(rollout.Wave == 0 || rollout.Exposed <= rollout.WaveLimit, rollout.ToString());
                if (rollout.Wave > 0)
                {
                    waves.Add((rollout.Wave, rollout.Exposed));
                }

                return rollout.Phase == "Complete";
            },
            _patience,
            DescribeAsync);
        Assert.Equal(waves.Order(), waves);
        Assert.Equal([(1, 1), (2, 3), (3, 5)], waves.GroupBy(w => w.Wave).Select(g => g.Max()));
        CommandResult status = await Fleet.KedgeAsync(["rollout", "status", Deployment]);
        Assert.Equal(
            $"deployment/{Deployment} revision 2 is complete: 5 of 5 devices serve it\n",
            status.MustSucceed().Output);
        await Fleet.ServingAsync(Deployment, "bearing:v2", 5, _patience);
    }

    private async Task BadVersionAsync()
    {
        IReadOnlyList<DeviceResource> before = await DevicesAsync();
        await ApplyAsync("v3", "{type: Waves, canary: {count: 1}, waves: [60%], soak: 2s}");
        CommandResult status = await Fleet.KedgeAsync(["rollout", "status", Deployment, "--timeout", "90s"]);
        Assert.True(status.ExitCode == 1, status.Output + status.Error + await DescribeAsync());
        Assert.Matches(
            "error KEDGE-ROLLOUT-001: deployment/bearing-monitor revision 3 went back to revision 2: .*; "
            + @"1 of 1 devices gave revision 3 up: press-0\d: KEDGE-[A-Z]+-\d{3} .*golden samples",
            status.Error);
        RolloutResource rollout = await Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None);
        Assert.Equal(("RolledBack", 3, 2, 5), (rollout.Phase, rollout.Target, rollout.Stable, rollout.Serving));

        // A desired state is never taken back without a trace: whoever was asked for version 3 has a newer generation.
        IReadOnlyList<DeviceResource> after = await DevicesAsync();
        DeviceResource canary = Assert.Single(
            after, a => a.DesiredGeneration != before.Single(b => b.Name == a.Name).DesiredGeneration);
        Assert.Contains($"{canary.Name}: ", rollout.Reason, StringComparison.Ordinal);
        Assert.All(after, a =>
        {
            WorkloadResource old = before.Single(b => b.Name == a.Name).Workloads[0];
            Assert.Equal((old.Pid, old.Instance), (a.Workloads[0].Pid, a.Workloads[0].Instance));
            Assert.Equal((2, "bearing:v2"), (a.Workloads[0].ServingRevision, a.Workloads[0].ServingPackages.Single()));
        });
    }

    private async Task PauseAndPromoteAsync()
    {
        await ApplyAsync("v1", "{type: Waves, canary: {count: 1}, soak: 10m}");
        await UntilAsync(r => r is { Target: 4, Serving: 1 });
        Assert.Equal(
            $"deployment/{Deployment} revision 4 paused in wave 1 of 3: 1 of 5 devices have it and keep it\n",
            (await Fleet.KedgeAsync(["rollout", "pause", Deployment])).MustSucceed().Output);
        CommandResult paused = await Fleet.KedgeAsync(["rollout", "status", Deployment]);
        Assert.Equal(1, paused.ExitCode);
        Assert.Contains("error KEDGE-ROLLOUT-003", paused.Error, StringComparison.Ordinal);
        (await Fleet.KedgeAsync(["rollout", "promote", Deployment])).MustSucceed();
        (await Fleet.KedgeAsync(["rollout", "status", Deployment])).MustSucceed();
        await Fleet.ServingAsync(Deployment, "bearing:v1", 5, _patience);
    }

    private async Task AbortAsync()
    {
        await ApplyAsync("v2", "{type: Waves, canary: {count: 2}, soak: 10m}");
        await UntilAsync(r => r is { Target: 5, Serving: 2 });
        (await Fleet.KedgeAsync(["rollout", "abort", Deployment])).MustSucceed();
        CommandResult aborted = await Fleet.KedgeAsync(["rollout", "status", Deployment]);
        Assert.Equal(1, aborted.ExitCode);
        Assert.Contains(
            $"error KEDGE-ROLLOUT-004: deployment/{Deployment} revision 5 went back to revision 4: 5 of 5 devices",
            aborted.Error,
            StringComparison.Ordinal);
        await Fleet.ServingAsync(Deployment, "bearing:v1", 5, _patience);
    }

    private Task UntilAsync(Func<RolloutResource, bool> holds) => Until.TrueAsync(
        async () => holds(await Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None)),
        _patience,
        DescribeAsync);

    private Task<string> DescribeAsync() => DescribeAsync(Deployment);

    private async Task ApplyAsync(string version, string strategy) =>
        (await DeployAsync(Deployment, "press", $$$"""
            models:
            - {name: bearing, package: "bearing:{{{version}}}"}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {cpu: 500m, memory: 256Mi, pids: 64}}
            strategy: {{{strategy}}}
            """)).MustSucceed();

    private async Task BearingAsync(params string[] arguments)
    {
        string program = Path.Combine(Fleet.Programs.Root, "out/publish/bearing/bearing");
        (await CommandResult.RunAsync(program, arguments)).MustSucceed();
    }
}
