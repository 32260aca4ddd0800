using System.Diagnostics;
using System.Globalization;
using System.Net;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.Demo;

/// <summary>The main job, told with real programs: every line that it prints was measured.</summary>
internal sealed class MainJob(Story story, LocalFleet fleet)
{
    private const string Deployment = "bearing-monitor";
    private const int Port = 8500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Dictionary<string, string> _instances = [];
    private IReadOnlyList<Signal> _signals = [];

    private string Models => Path.Combine(fleet.Folder, "models");

    public async Task RunAsync()
    {
        await StartFleetAsync();
        await TrainAsync();
        await DeployAsync();
        await UpdateAsync();
        await RefuseAsync();
        await UndoAsync();
        await ReplaceAgentAsync();
        await LoseTheCloudAsync();
        await CloudComesBackAsync();
    }

    public static void SayWhatToTry(LocalFleet fleet)
    {
        string kedge = fleet.Programs.Kedge;
        Console.WriteLine($"""

            The fleet is up. In another terminal:
              export KEDGE_CONFIG={fleet.ConfigFile}
              {kedge} get devices
              {kedge} describe device press-01
              {kedge} explain deployment {Deployment}
              {kedge} events
              curl http://{fleet.Devices[0].Address}:{Port}/v2/models/bearing
            """);
    }

    private async Task StartFleetAsync()
    {
        story.Chapter("A control plane and five devices, each a process with its own data");
        await Story.DoAsync("control plane", fleet.StartServerAsync, "TLS everywhere, own authorities, SQLite");
        string trees = Path.Combine(fleet.Programs.Root, "tests/fixtures/inventory");
        (string Name, string Line, string Site, string? Tree)[] devices =
        [
            ("press-01", "press", "lyon", null),
            ("press-02", "press", "lyon", "raspberry-pi-5"),
            ("press-03", "press", "turin", "jetson-orin"),
            ("press-04", "press", "turin", "intel-nuc"),
            ("paint-01", "paint", "turin", "coral-dev-board"),
        ];
        foreach ((string name, string line, string site, string? tree) in devices)
        {
            await Story.DoAsync(
                $"device {name}",
                async () =>
                {
                    LocalDevice device = await fleet.EnrolAsync(
                        name, [$"line={line}", $"site={site}"], tree is null ? null : Path.Combine(trees, tree));
                    device.Start();
                },
                tree is null ? "enrolled by a one-time token, this machine" : $"enrolled, simulated {tree}");
        }

        await Until.TrueAsync(
            async () => (await fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items
                .Count(d => d.Connected && d.Architecture.Length > 0) == devices.Length,
            Patience,
            fleet.DescribeAsync);
        Story.Show("kedge get devices", await KedgeAsync("get", "devices"));
        story.Shown("devices enrolled with keys of their own", $"{devices.Length}");
    }

    private async Task TrainAsync()
    {
        story.Chapter("A model for bearings, trained here");
        foreach (string version in new[] { "v1", "v2", "v3" })
        {
            string said = await Story.DoAsync(
                $"train {version}",
                async () => (await ExampleAsync(
                    "train", "--version", version, "--seed", "1", "--out", Path.Combine(Models, version))).Output,
                output => LastLine(output));
            Story.Say(said.Split('\n')[0]);
        }

        string file = Path.Combine(fleet.Folder, "signals.jsonl");
        await ExampleAsync("signals", "--seed", "99", "--count", "400", "--out", file);
        _signals = Signal.Load(file);
        Story.Say($"{_signals.Count} signals that no training has seen stand ready");
    }

    private async Task DeployAsync()
    {
        story.Chapter("Push, sign, apply: matching devices fetch, check and serve");
        await PushAsync("v1");
        double seconds = await ApplyAsync("v1", 4);
        Story.Show("kedge get endpoints", await KedgeAsync("get", "endpoints"));
        Story.Show($"kedge explain deployment {Deployment}", await KedgeAsync("explain", "deployment", Deployment));
        Story.Say("a label is all that paint-01 lacks");
        await KedgeAsync("device", "label", "paint-01", "line=press");
        await fleet.ServingAsync(Deployment, "bearing:v1", 5, Patience);
        story.Shown("applied to serving on 4 devices, content fetched", $"{seconds:0.0} s");
        await AskAsync("v1");
    }

    private async Task AskAsync(string version)
    {
        await using LoadGenerator load = StartLoad(1, TimeSpan.Zero);
        await Until.TrueAsync(
            () => Task.FromResult(load.Counts.Values.All(c => c.Answered + c.Failed >= _signals.Count)),
            Patience,
            () => Task.FromResult(string.Join(", ", load.Counts)));
        await load.StopAsync();
        foreach ((string device, LoadCount count) in load.Counts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            Story.Say($"{device}: {count.Answered} answers, {Percent(count.Accuracy)} right");
        }

        MustNotHaveFailed(load);
        story.Shown(
            $"accuracy of {version} on unseen signals, worst device", Percent(load.Counts.Values.Min(c => c.Accuracy)));
    }

    private async Task UpdateAsync()
    {
        story.Chapter("Version 2 replaces version 1 under load");
        await PushAsync("v2");
        await using LoadGenerator load = StartLoad(4, TimeSpan.FromMilliseconds(20));
        double seconds = await ApplyAsync("v2", 5);
        await Task.Delay(1500);
        await load.StopAsync();
        MustNotHaveFailed(load);
        Story.Say($"{load.Requests} requests during the swap, {load.Failed} failed");
        story.Shown("requests failed while v2 replaced v1 on 5 devices", $"{load.Failed} of {load.Requests}");
        story.Shown("applied to serving everywhere", $"{seconds:0.0} s");
        await AskAsync("v2");
    }

    private async Task RefuseAsync()
    {
        story.Chapter("Version 3 is broken in a way that only running shows");
        CommandResult refused = await fleet.KedgeAsync(PushArguments("v3"));
        Story.Show("kedge model push model.onnx --tag v3", refused.Error + refused.Output, 4);
        if (refused.ExitCode == 0)
        {
            throw new InvalidOperationException("the push of v3 was not refused");
        }

        Story.Say("somebody in a hurry pushes it all the same");
        await PushAsync("v3", "--skip-golden-check");
        await WriteManifestAsync("v3");
        await KedgeAsync("apply", "-f", ManifestFile);
        DeviceResource[] devices = [];
        await Until.TrueAsync(
            async () =>
            {
                devices = [.. (await fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items];
                return devices.All(d => d.Workloads.Any(w => w.Deployment == Deployment
                    && w.Phase == "serving" && w.Problem is not null && w.ServingPackages.Contains("bearing:v2")));
            },
            Patience,
            fleet.DescribeAsync);
        foreach (DeviceResource device in devices)
        {
            ErrorResource why = device.Workloads[0].Problem!;
            Story.Say($"{device.Name} keeps v2: {why.Code} {why.Message}");
        }

        story.Shown(
            "devices that refused v3 at its golden samples and kept v2", $"{devices.Length} of {devices.Length}");
    }

    private async Task UndoAsync()
    {
        story.Chapter("Back to version 1, and forth again");
        await using LoadGenerator load = StartLoad(2, TimeSpan.FromMilliseconds(20));
        Story.Show($"kedge rollout history deployment/{Deployment}", await KedgeAsync(
            "rollout", "history", $"deployment/{Deployment}"));
        await KedgeAsync("rollout", "undo", $"deployment/{Deployment}", "--to-revision", "1");
        await fleet.ServingAsync(Deployment, "bearing:v1", 5, Patience);
        await KedgeAsync("rollout", "undo", $"deployment/{Deployment}", "--to-revision", "2");
        await fleet.ServingAsync(Deployment, "bearing:v2", 5, Patience);
        await load.StopAsync();
        MustNotHaveFailed(load);
        story.Shown("requests failed while going back to v1 and forth to v2", $"{load.Failed} of {load.Requests}");
    }

    private async Task ReplaceAgentAsync()
    {
        story.Chapter("The agent is killed and a newer one takes over, under load");
        string newer = Path.Combine(fleet.Programs.Root, "out/publish/kedge-agent-next/kedge-agent");
        LocalDevice device = fleet.Devices[0];
        WorkloadResource before = (await fleet.DeviceAsync(device.Name)).Workloads[0];
        string versionBefore = (await fleet.DeviceAsync(device.Name)).AgentVersion;
        await using LoadGenerator load = StartLoad(4, TimeSpan.FromMilliseconds(10));
        await Task.Delay(300);
        await device.Agent.KillAsync();
        await Task.Delay(300);
        device.Start(newer);
        DeviceResource after = await fleet.DeviceAsync(device.Name);
        await Until.TrueAsync(
            async () => (after = await fleet.DeviceAsync(device.Name)).AgentVersion != versionBefore
                && after.Connected && after.Workloads[0].Phase == "serving",
            Patience,
            fleet.DescribeAsync);
        await Task.Delay(500);
        await load.StopAsync();
        MustNotHaveFailed(load);
        MustBe(after.Workloads[0].Pid == before.Pid, "the model process is the same");
        Story.Say($"agent {versionBefore} is now {after.AgentVersion}; model process {before.Pid} never stopped");
        story.Shown("requests failed while the agent was killed and replaced", $"{load.Failed} of {load.Requests}");
        story.Shown("model process adopted by the newer agent", $"pid {before.Pid} before and after");
    }

    private async Task LoseTheCloudAsync()
    {
        story.Chapter("The cloud is gone: devices serve on, across power cuts");
        LocalDevice device = fleet.Devices[1];
        int pid = (await fleet.DeviceAsync(device.Name)).Workloads[0].Pid;
        foreach (DeviceResource each in (await fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items)
        {
            _instances[each.Name] = each.Workloads[0].Instance;
        }

        await fleet.Server.KillAsync();
        Story.Say("control plane killed");
        await AskAsync("v2 with no control plane");
        await device.Agent.KillAsync();
        Kill(pid);
        Story.Say($"agent and model server of {device.Name} killed with -9");
        long start = TimeProvider.System.GetTimestamp();
        device.Start();
        await Until.TrueAsync(
            async () =>
            {
                using InferClient client = new(device.EndPoint(Port), "/v2/models/bearing/infer");
                return (await client.PostAsync(_signals[0].Request, CancellationToken.None)).Status == 200;
            },
            Patience,
            () => Task.FromResult(device.LogTail()),
            pollMs: 5);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        story.Shown("start of the agent to first answer, no control plane", $"{seconds:0.00} s");
    }

    private async Task CloudComesBackAsync()
    {
        story.Chapter("The cloud comes back: everything reconciles, nothing healthy restarts");
        await fleet.StartServerAsync();
        await Until.TrueAsync(
            async () => (await fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items
                .All(d => d.Connected && d.Settled),
            Patience,
            fleet.DescribeAsync);
        int restarted = 0;
        foreach (DeviceResource device in (await fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items)
        {
            // The one whose processes were killed has a new instance, as it must.
            restarted += device.Name != fleet.Devices[1].Name && _instances[device.Name] != device.Workloads[0].Instance
                ? 1
                : 0;
        }

        MustBe(restarted == 0, "no healthy workload was restarted");
        Story.Show("kedge get devices", await KedgeAsync("get", "devices"));
        story.Shown("healthy workloads restarted when the control plane came back", $"{restarted} of 4");
    }

    private async Task PushAsync(string version, params string[] more) => await Story.DoAsync(
        $"kedge model push --tag {version}",
        async () => (await fleet.KedgeAsync([.. PushArguments(version), .. more])).MustSucceed(),
        r => LastLine(r.Output + r.Error));

    private string[] PushArguments(string version) =>
    [
        "model", "push", Path.Combine(Models, version, "model.onnx"), "--name", "bearing", "--tag", version,
        "--golden", Path.Combine(Models, version, "golden.json"),
    ];

    private async Task<double> ApplyAsync(string version, int devices)
    {
        await WriteManifestAsync(version);
        long start = TimeProvider.System.GetTimestamp();
        await KedgeAsync("apply", "-f", ManifestFile);
        await fleet.ServingAsync(Deployment, $"bearing:{version}", devices, Patience);
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private string ManifestFile => Path.Combine(fleet.Folder, "bearing-monitor.yaml");

    private Task WriteManifestAsync(string version) => File.WriteAllTextAsync(ManifestFile, $$$"""
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: {{{Deployment}}}, labels: {team: maintenance}}
        spec:
          selector: {matchLabels: {line: press}}
          models:
          - {name: bearing, package: "bearing:{{{version}}}"}
          endpoint: {port: {{{Port}}}, expose: loopback}
          resources: {requests: {memory: 32Mi}, limits: {cpu: 500m, memory: 256Mi, pids: 64}}
          strategy: {type: All}

        """);

    private LoadGenerator StartLoad(int workers, TimeSpan period) => LoadGenerator.Start(
        fleet.Devices.Select(d => (d.Name, (EndPoint)d.EndPoint(Port))), "bearing", _signals, workers, period);

    private async Task<string> KedgeAsync(params string[] arguments) =>
        (await fleet.KedgeAsync(arguments)).MustSucceed().Output;

    private async Task<CommandResult> ExampleAsync(params string[] arguments)
    {
        string program = Path.Combine(fleet.Programs.Root, "out/publish/bearing/bearing");
        return (await CommandResult.RunAsync(program, arguments)).MustSucceed();
    }

    private static void Kill(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        process.Kill();
    }

    private static void MustNotHaveFailed(LoadGenerator load) => MustBe(
        load.Failed == 0, $"no request failed; {load.Failed} did: {string.Join("; ", load.Failures.Take(3))}");

    private static void MustBe(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"This should hold and does not: {what}");
        }
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1].Trim();

    private static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
