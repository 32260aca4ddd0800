using System.Globalization;
using System.Net;
using Kedge.Api.Resources;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Rollout;

/// <summary>
/// Real processes: a release that starts, passes its golden samples and then answers every other request with an error,
/// exposed on every device at once; its gate of errors takes it back.
/// </summary>
internal sealed class GateFigures(BenchFleet fleet, BenchReport report)
{
    private const int MemoryMi = 256;
    private const string Deployment = "trial";
    private const int Port = 8510;
    private const int LoadedDevices = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    public async Task MeasureAsync(bool isQuick)
    {
        await PushAsync("good", TrialModels.Good);
        await PushAsync("narrow", TrialModels.Narrow);
        await ApplyAsync("good", "{type: All}");
        await fleet.Fleet.ServingAsync(Deployment, "trial:good", fleet.Devices.Count, Patience);
        List<double> halts = [];
        List<double> restores = [];
        for (int round = 0; round < (isQuick ? 1 : 3); round++)
        {
            (double halt, double restore) = await TakenBackAsync(round);
            halts.Add(halt);
            restores.Add(restore);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{fleet.Devices.Count} agents, errors on {LoadedDevices}: stop {halt:0.000} s, "
                + $"back {restore:0.000} s"));
        }

        report.Add("rollout.gate.halt", "s", Series.Median(halts));
        report.Add("rollout.gate.restore", "s", Series.Median(restores));
        report.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"rollout.gate.*: {fleet.Devices.Count} agents, all exposed, requests on {LoadedDevices} of them; from the "
            + $"first answer with an error to the stop, and until all serve the old revision again"));
    }

    private async Task<(double Halt, double Restore)> TakenBackAsync(int round)
    {
        await using LoadGenerator load = LoadGenerator.Start(
            fleet.Devices.Take(LoadedDevices).Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "trial", TrialModels.Signals, workersPerTarget: 1, TimeSpan.FromMilliseconds(10));

        // Another release in each round: what one answered before would condemn it again at once.
        await ApplyAsync(
            "narrow", "{type: Waves, canary: {percent: 100%}, soak: 10m, gates: {errors: {max: 2%, minRequests: 50}}}",
            MemoryMi + 1 + round);
        await PhaseAsync("RolledBack");
        await load.StopAsync();
        long first = (load.FirstFailedAt ?? throw new InvalidOperationException("no request failed"))
            .ToUnixTimeMilliseconds();
        EventResource[] found =
        [
            .. (await fleet.Fleet.Client.ListEventsAsync("", 1000, CancellationToken.None)).Items
                .Where(e => e.AtMs >= first),
        ];
        // The same manifest again would be no change: what is good comes between.
        await ApplyAsync("good", "{type: All}");
        await PhaseAsync("Complete");
        return (
            (found.First(e => e.Reason == "RolloutRollingBack").AtMs - first) / 1000.0,
            (found.First(e => e.Reason == "RolloutRolledBack").AtMs - first) / 1000.0);
    }

    private Task PhaseAsync(string phase) => Until.TrueAsync(
        async () => (await fleet.Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None)).Phase == phase,
        Patience,
        fleet.Fleet.DescribeAsync,
        pollMs: 20);

    private async Task PushAsync(string tag, byte[] model)
    {
        string file = Path.Combine(fleet.Fleet.Folder, $"{tag}.onnx");
        await File.WriteAllBytesAsync(file, model);
        (await fleet.Fleet.KedgeAsync(["model", "push", file, "--name", "trial", "--tag", tag])).MustSucceed();
    }

    private async Task ApplyAsync(string version, string strategy, int memoryMi = MemoryMi)
    {
        string manifest = $$$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: {{{Deployment}}}}
            spec:
              selector: {matchLabels: {bench: "yes"}}
              models:
              - {name: trial, package: "trial:{{{version}}}"}
              endpoint: {port: {{{Port.ToString(CultureInfo.InvariantCulture)}}}, expose: loopback}
              resources: {requests: {memory: 32Mi}, limits: {cpu: 500m, memory: {{{memoryMi}}}Mi, pids: 64}}
              strategy: {{{strategy}}}

            """;
        _ = await fleet.Fleet.Client.ApplyAsync(manifest, false, false, CancellationToken.None);
    }
}
