using System.Globalization;
using System.Net;
using Kedge.Api.Resources;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Rollout;

/// <summary>
/// Real processes: a good version in waves under load, then a bad one that every device of its wave refuses.
/// </summary>
internal sealed class HaltFigures(BenchFleet fleet, BenchReport report)
{
    private const string Deployment = "bearing-monitor";
    private const int Port = 8500;
    private const int LoadedDevices = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    public async Task MeasureAsync(bool isQuick)
    {
        await fleet.Models.PushAsync("v3");
        await ServeAsync("v1");
        await SwapUnderLoadAsync();
        await fleet.GrowAsync(isQuick ? 10 : 50);
        await ServeAsync("v2");
        List<double> halts = [];
        List<double> restores = [];
        for (int round = 0; round < (isQuick ? 1 : 3); round++)
        {
            (double halt, double restore) = await RefusedAsync();
            halts.Add(halt);
            restores.Add(restore);
        }

        report.Add("rollout.halt", "s", Series.Median(halts));
        report.Add("rollout.restore", "s", Series.Median(restores));
        report.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"rollout.halt, rollout.restore: {fleet.Devices.Count} agents, all exposed; from the first refusal that "
            + $"the server recorded to the stop, and until all serve the old revision again, by the server's events"));
        report.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"rollout.swap: {LoadedDevices} devices, a request each 5 ms on each; a good version in three waves, then "
            + $"a bad one on three canaries"));
    }

    private async Task ServeAsync(string version)
    {
        await fleet.Models.ApplyAsync(Deployment, version, Port);
        await PhaseAsync("Complete");
        await fleet.Fleet.ServingAsync(Deployment, $"bearing:{version}", fleet.Devices.Count, Patience);
    }

    private async Task SwapUnderLoadAsync()
    {
        await using LoadGenerator load = LoadGenerator.Start(
            fleet.Devices.Take(LoadedDevices).Select(d => (d.Name, (EndPoint)d.EndPoint(Port))),
            "bearing", fleet.Models.Signals, workersPerTarget: 1, TimeSpan.FromMilliseconds(5));
        await fleet.Models.ApplyAsync(
            Deployment, "v2", Port, "{type: Waves, canary: {count: 1}, waves: [60%], soak: 2s}");
        await PhaseAsync("Complete");
        await fleet.Models.ApplyAsync(Deployment, "v3", Port, "{type: Waves, canary: {count: 3}, soak: 10m}");
        await PhaseAsync("RolledBack");
        await load.StopAsync();
        report.Add("rollout.swap.failed", "requests", load.Failed);
        report.Add("rollout.swap.requests", "requests", load.Requests);
    }

    private async Task<(double Halt, double Restore)> RefusedAsync()
    {
        long before = (await EventsAsync()).Select(e => e.Number).DefaultIfEmpty().Max();
        await fleet.Models.ApplyAsync(
            Deployment, "v3", Port, "{type: Waves, canary: {percent: 100%}, soak: 10m}");
        await PhaseAsync("RolledBack");
        EventResource[] found = [.. (await EventsAsync()).Where(e => e.Number > before)];
        long first = found.Where(e => e.Warning && e.Device.Length > 0).Min(e => e.AtMs);
        double halt = (found.First(e => e.Reason == "RolloutRollingBack").AtMs - first) / 1000.0;
        double restore = (found.First(e => e.Reason == "RolloutRolledBack").AtMs - first) / 1000.0;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{fleet.Devices.Count} agents: stop {halt:0.000} s, back {restore:0.000} s"));
        await ServeAsync("v2");
        return (halt, restore);
    }

    private async Task<IReadOnlyList<EventResource>> EventsAsync() =>
        (await fleet.Fleet.Client.ListEventsAsync("", 1000, CancellationToken.None)).Items;

    private Task PhaseAsync(string phase) => Until.TrueAsync(
        async () => (await fleet.Fleet.Client.GetRolloutAsync(Deployment, CancellationToken.None)).Phase == phase,
        Patience,
        fleet.Fleet.DescribeAsync,
        pollMs: 20);
}
