using System.Globalization;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>Bytes and seconds of every scenario, by a real agent from a real server, beside the peers.</summary>
internal sealed class WireFigures(ContentStage stage, ContentPeers peers, Scenarios scenarios, BenchReport report)
{
    private readonly List<(Scenario Scenario, double Bytes, IReadOnlyList<(string Peer, double Bytes, double Seconds)>
        Peers)> _found = [];

    public async Task MeasureAsync(IReadOnlyList<Scenario> all)
    {
        foreach (Scenario scenario in all)
        {
            await MeasureAsync(scenario);
        }

        Sum();
    }

    private async Task MeasureAsync(Scenario scenario)
    {
        string name = scenario.Name.Replace('_', '-');
        LocalDevice device = await stage.DeviceAsync(name);
        int port = stage.NextPort();
        if (scenario.Base is { } before)
        {
            await stage.PushAsync(name, "before", before);
            await stage.ApplyAsync(name, "before", name, port);
            await stage.ServingAsync(name, "before", 1);
        }

        await stage.PushAsync(name, "after", scenario.Target);
        double fetched = await ContentStage.FetchedAsync(device);
        long down = stage.Content.Down + stage.Link.Down;
        long up = stage.Content.Up + stage.Link.Up;
        long start = TimeProvider.System.GetTimestamp();
        await stage.ApplyAsync(name, "after", name, port);
        await stage.ServingAsync(name, "after", 1);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        double bytes = await ContentStage.FetchedAsync(device) - fetched;
        double wire = stage.Content.Down + stage.Link.Down - down;
        double sent = stage.Content.Up + stage.Link.Up - up;
        await device.DisposeAsync();

        IReadOnlyList<(string Peer, double Bytes, double Seconds)> beside = await peers.MeasureAsync(scenario);
        long size = new FileInfo(scenario.Target.File).Length;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario.Name,-18} {size,9} bytes, accuracy {scenario.Accuracy:P1}: {bytes,9:0} in {seconds:0.0} s, "
            + $"{wire:0} on the wire; {string.Join(", ", beside.Select(p => $"{p.Peer} {p.Bytes:0}"))}"));
        string prefix = $"content.{scenario.Name}";
        report.Add(prefix + ".size", "B", size);
        report.Add(prefix + ".bytes", "B", bytes, [.. beside.Select(p => (p.Peer, (double?)p.Bytes))]);
        report.Add(prefix + ".wire", "B", wire);
        report.Add(prefix + ".up", "B", sent);
        report.Add(prefix + ".seconds", "s", seconds, [.. beside.Select(p => (p.Peer, (double?)p.Seconds))]);
        report.Note(string.Create(
            CultureInfo.InvariantCulture, $"{scenario.Name}: {scenario.What}; accuracy {scenario.Accuracy:P1}"));
        _found.Add((scenario, bytes, beside));
    }

    private void Sum()
    {
        double last = _found.Single(f => f.Scenario.Name == "last_layer") is var f
            ? 1 - (f.Bytes / new FileInfo(f.Scenario.Target.File).Length)
            : 0;
        report.Add("content.last_layer.saved", "", last);
        double[] light =
        [
            .. _found.Where(each => each.Scenario.Noise > 0 && scenarios.KeepsAccuracy(each.Scenario))
                .Select(each => each.Bytes / each.Peers.Single(p => p.Peer == "zstd-patch-from").Bytes),
        ];
        report.Add("content.finetune.ratio_zstd_patch", "", Series.Median(light));
        (string worst, double ratio) = _found
            .Select(each => (each.Scenario.Name, each.Bytes / each.Peers.Min(p => p.Bytes)))
            .MaxBy(each => each.Item2);
        report.Add("content.worst.ratio_best_peer", "", ratio);
        report.Note($"worst beside the best peer: {worst}");
        report.Note(
            "bytes: bodies of all answers with content, the signed manifest and the golden samples included; peers: "
            + "the model file alone, without a transport. wire: everything that came to the device, TLS and desired "
            + "state included. seconds: apply to serving and reported, the delta made on demand; peers: computing");
    }
}
