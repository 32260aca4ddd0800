using System.Globalization;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>
/// A device behind a line of 1 Mbit/s that is slow, stalls, and is cut every ten seconds: whether a byte is fetched
/// twice, and how much memory the agent ever needs.
/// </summary>
internal sealed class BadLinkFigures(ContentStage stage, BenchReport report)
{
    private static readonly LineFaults Bad = new(
        Delay: TimeSpan.FromMilliseconds(40),
        CutEvery: TimeSpan.FromSeconds(10),
        StallEvery: TimeSpan.FromSeconds(17),
        StallFor: TimeSpan.FromSeconds(3));

    public async Task MeasureAsync(Scenario scenario)
    {
        // What the same package takes over a good line, to the byte.
        await stage.PushAsync("badlink", "v1", scenario.Target);
        LocalDevice good = await stage.DeviceAsync("badlink-good");
        await stage.ApplyPackageAsync("goodlink", "badlink:v1", "badlink-good", stage.NextPort());
        await stage.ServingPackageAsync("goodlink", "badlink:v1", 1);
        double once = await ContentStage.FetchedAsync(good);
        await good.DisposeAsync();

        string start = await NetworkPlace.NarrowAsync(stage.Fleet.Folder, stage.Fleet.Programs.Agent);
        try
        {
            LocalDevice device = await stage.DeviceAsync("badlink-bad", agent: start);
            int connections = stage.Content.Connections;
            int cuts = stage.Content.Cuts;
            long down = stage.Content.Down;
            stage.Content.Faults = Bad;
            long began = TimeProvider.System.GetTimestamp();
            await stage.ApplyAsync("badlink", "v1", "badlink-bad", stage.NextPort());
            await stage.ServingAsync("badlink", "v1", 1, TimeSpan.FromMinutes(8));
            double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            stage.Content.Faults = LineFaults.None;
            double bytes = await ContentStage.FetchedAsync(device);
            report.Add("content.badlink.twice", "B", bytes - once);
            report.Add("content.badlink.bytes", "B", bytes);
            report.Add("content.badlink.seconds", "s", seconds);
            report.Add("content.badlink.peak_rss", "MB", PeakMb(device.Agent.Id));
            report.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"bad link: 1 Mbit/s by a queue, 40 ms each way, stalled 3 of 17 s, cut after 10 s: "
                + $"{stage.Content.Connections - connections} connections, {stage.Content.Cuts - cuts} cuts, "
                + $"{stage.Content.Down - down} bytes on the wire; a perfect line of that rate needs "
                + $"{once * 8 / 1e6:0.0} s"));
            await device.DisposeAsync();
        }
        finally
        {
            stage.Content.Faults = LineFaults.None;
            await NetworkPlace.RemoveNarrowAsync();
        }
    }

    private static double PeakMb(int pid) => double.Parse(
        File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"))
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;
}
