using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Update;

/// <summary>A device that lost its agent and ten workloads, with no control plane to ask.</summary>
internal sealed class OfflineFigures(BenchFleet fleet, BenchReport report)
{
    private const int Workloads = 10;
    private const int FirstPort = 8500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private readonly string[] _revisions = new string[Workloads];

    public async Task MeasureAsync(int rounds)
    {
        LocalDevice device = fleet.Devices[0];
        for (int index = 0; index < Workloads; index++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"bearing-{index}");
            _revisions[index] = await fleet.Models.ApplyAsync(name, "v1", FirstPort + index);
        }

        await AllAnsweredAsync(device);
        await fleet.Fleet.Server.KillAsync();
        List<double> first = [];
        List<double> tenth = [];
        for (int round = 0; round < rounds; round++)
        {
            int[] pids = await PidsAsync(device);
            await device.Agent.KillAsync();
            await Task.WhenAll(pids.Select(KillAsync));
            long start = TimeProvider.System.GetTimestamp();
            device.Start();
            long[] answered = await AllAnsweredAsync(device);
            first.Add(TimeProvider.System.GetElapsedTime(start, answered.Min()).TotalMilliseconds);
            tenth.Add(TimeProvider.System.GetElapsedTime(start, answered.Max()).TotalMilliseconds);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"ten workloads offline: first after {first[^1]:0} ms, tenth after {tenth[^1]:0} ms"));
        }

        report.Add("offline.restart.first", "ms", Series.Median(first));
        report.Add("offline.restart.ten", "ms", Series.Median(tenth));
        report.Note(string.Create(
            CultureInfo.InvariantCulture, $"offline: median of {rounds}, start of the agent to the answer"));
    }

    private Task<long[]> AllAnsweredAsync(LocalDevice device) => Task.WhenAll(Enumerable.Range(0, Workloads).Select(
        index => fleet.Models.AnsweredAsync(device, FirstPort + index, _revisions[index], Pause)));

    /// <summary>Processes of all ten, once the agent says that all serve.</summary>
    private static async Task<int[]> PidsAsync(LocalDevice device)
    {
        int[] pids = [];
        await Until.TrueAsync(
            async () =>
            {
                JsonNode? status = await AgentSocket.StatusAsync(device, CancellationToken.None);
                JsonArray workloads = status?["status"]?["workloads"]?.AsArray() ?? [];
                pids = [.. workloads.Select(workload => workload?["pid"]?.GetValue<int>() ?? 0).Where(pid => pid > 0)];
                return pids.Length == Workloads;
            },
            TimeSpan.FromSeconds(60),
            () => Task.FromResult(device.LogTail()));
        return pids;
    }

    private static async Task KillAsync(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        process.Kill();
        await process.WaitForExitAsync();
    }
}
