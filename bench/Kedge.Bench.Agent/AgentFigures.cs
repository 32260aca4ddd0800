using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Agent;

/// <summary>What an idle agent costs, with two workloads that serve, beside other daemons.</summary>
internal sealed class AgentFigures(BenchFleet fleet, PeerSet peers, BenchReport report)
{
    private const int FirstPort = 8500;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly LocalDevice _device = fleet.Devices[0];

    public async Task MeasureAsync(bool isQuick)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(20);
        for (int index = 0; index < 2; index++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"bearing-{index}");
            string revision = await fleet.Models.ApplyAsync(name, "v1", FirstPort + index);
            await fleet.Models.AnsweredAsync(_device, FirstPort + index, revision, pause);
        }

        await MeasureReadyAsync(starts: isQuick ? 3 : 9);
        await MeasureIdleAsync(
            settle: TimeSpan.FromSeconds(isQuick ? 10 : 60), window: TimeSpan.FromSeconds(isQuick ? 20 : 300));
        Add("agent.binary", "MB", Megabytes(fleet.Fleet.Programs.Agent), peer => Megabytes(peer.Program));
        if (isQuick)
        {
            report.Note("quick: idle for 20 s instead of 300 s after 10 s instead of 60 s, 3 starts instead of 9");
        }
    }

    /// <summary>The agent is replaced under its workloads: it finds and adopts both before it is ready.</summary>
    private async Task MeasureReadyAsync(int starts)
    {
        List<double> ready = [];
        List<double> linked = [];
        for (int index = 0; index < starts; index++)
        {
            await _device.Agent.StopAsync(Deadline);
            long start = TimeProvider.System.GetTimestamp();
            _device.Start();
            ready.Add(await ElapsedAsync(start, () => AgentSocket.IsReadyAsync(_device, CancellationToken.None)));
            linked.Add(await ElapsedAsync(start, IsLinkUpAsync));
        }

        Add("agent.ready", "ms", Series.Median(ready), peer => peer.ReadyMs);
        report.Add("agent.ready_link", "ms", Series.Median(linked));
        report.Note(
            "agent.ready: start of the process to 200 on /healthz, two workloads adopted; agent.ready_link: to the "
            + "link up; peers: start of the process to its socket taking a connection");
    }

    private async Task<bool> IsLinkUpAsync()
    {
        JsonNode? status = await AgentSocket.StatusAsync(_device, CancellationToken.None);
        return status?["linkUp"]?.GetValue<bool>() ?? false;
    }

    private async Task<double> ElapsedAsync(long start, Func<Task<bool>> condition)
    {
        await Until.TrueAsync(condition, Deadline, () => Task.FromResult(_device.LogTail()), pollMs: 2);
        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }

    private async Task MeasureIdleAsync(TimeSpan settle, TimeSpan window)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"idle: {settle.TotalSeconds:0} s to settle, then {window.TotalSeconds:0} s"));
        await Task.Delay(settle);
        Dictionary<int, ProcessSample> before = Sample();
        TrafficCount traffic = new(_device.Agent.Id);
        Task<double> counting = traffic.CountAsync(window);
        List<Dictionary<int, ProcessSample>> samples = await SampleUntilAsync(counting);
        double minutes = await counting / 60;
        Dictionary<int, ProcessSample> after = Sample();
        double Middle(int pid, Func<ProcessSample, double> of) =>
            Series.Median([.. samples.Select(sample => of(sample[pid]))]);
        double Pss(int pid) => Middle(pid, sample => sample.PssMb);
        double Rss(int pid) => Middle(pid, sample => sample.RssMb);
        double Cpu(int pid) => (after[pid].CpuSeconds - before[pid].CpuSeconds) / (minutes * 60) * 100;
        Add("agent.pss", "MB", Pss(_device.Agent.Id), peer => Pss(peer.Pid));
        Add("agent.rss", "MB", Rss(_device.Agent.Id), peer => Rss(peer.Pid));
        report.Add("agent.pss.most", "MB", samples.Max(sample => sample[_device.Agent.Id].PssMb));
        report.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"agent.pss, agent.rss: median of {samples.Count} samples over the window, of the peers too"));
        Add("agent.idle_cpu", "%", Cpu(_device.Agent.Id), peer => Cpu(peer.Pid));
        double larger = Math.Max(traffic.WireSent, traffic.WireReceived);
        report.Add("agent.idle_traffic", "kB/min", larger / 1000.0 / minutes);
        report.Add("agent.idle_traffic.up", "kB/min", traffic.WireSent / 1000.0 / minutes);
        report.Add("agent.idle_traffic.down", "kB/min", traffic.WireReceived / 1000.0 / minutes);
        report.Add(
            "agent.idle_traffic.tls", "kB/min", Math.Max(traffic.BytesSent, traffic.BytesReceived) / 1000.0 / minutes);
        report.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"agent.idle_traffic: {traffic.Connections} connections, {traffic.Segments} segments in all"));
    }

    /// <summary>Memory rises and falls: one reading would be luck.</summary>
    private async Task<List<Dictionary<int, ProcessSample>>> SampleUntilAsync(Task end)
    {
        List<Dictionary<int, ProcessSample>> samples = [];
        do
        {
            samples.Add(Sample());
        }
        while (await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(5))) != end);

        return samples;
    }

    private Dictionary<int, ProcessSample> Sample() => peers.Running.Select(peer => peer.Pid)
        .Append(_device.Agent.Id)
        .ToDictionary(pid => pid, ProcessSample.Of);

    private void Add(string name, string unit, double value, Func<Peer, double> ofPeer) => report.Add(
        name, unit, value, [.. peers.Running.Select(peer => (peer.Name, (double?)ofPeer(peer)))]);

    private static double Megabytes(string file)
    {
        FileInfo found = new(file);
        return ((found.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? found).Length / (1024.0 * 1024);
    }
}
