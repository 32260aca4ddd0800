using System.Globalization;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>What crosses the line to a site of many devices when a model comes to all of them at once.</summary>
internal sealed class SiteFigures(ContentStage stage, BenchReport report)
{
    private const int NeighbourPort = 8844;

    public async Task MeasureAsync(Scenario scenario, int devices)
    {
        // What one device alone takes.
        await stage.PushAsync("alone", "v1", scenario.Target);
        await stage.PushAsync("site", "v1", scenario.Target);
        LocalDevice single = await stage.DeviceAsync("site-alone", ["bench=site-alone"]);
        long before = stage.Content.Down;
        await stage.ApplyAsync("alone", "v1", "site-alone", stage.NextPort());
        await stage.ServingAsync("alone", "v1", 1);
        double unique = stage.Content.Down - before;
        double body = await ContentStage.FetchedAsync(single);
        await single.DisposeAsync();

        List<LocalDevice> site = [];
        for (int index = 1; index <= devices; index++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"site-{index:00}");
            site.Add(await stage.DeviceAsync(name, ["bench=site", "site=lyon"], prepare: Listen));
        }

        before = stage.Content.Down;
        double bodies = await SumAsync(site);
        long start = TimeProvider.System.GetTimestamp();
        await stage.ApplyAsync("site", "v1", "site", stage.NextPort());
        await stage.ServingAsync("site", "v1", devices);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        double wire = stage.Content.Down - before;
        double fetched = await SumAsync(site) - bodies;
        string prefix = string.Create(CultureInfo.InvariantCulture, $"content.site{devices}");
        report.Add(prefix + ".wan_ratio", "", fetched / body);
        report.Add(prefix + ".wire_ratio", "", wire / unique);
        report.Add(prefix + ".seconds", "s", seconds);
        report.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"site of {devices}: {fetched:0} bytes of content from the server, {body:0} for one device alone; "
            + $"{wire:0} on the wire with {devices} TLS handshakes, rosters and manifests, {unique:0} for one"));
        foreach (LocalDevice device in site)
        {
            await device.DisposeAsync();
        }
    }

    private static void Listen(LocalDevice device) => File.WriteAllText(
        Path.Combine(device.DataFolder, "agent.json"),
        string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"neighbours": {"listen": "{{{device.Address}}}:{{{NeighbourPort}}}"}}"""));

    private static async Task<double> SumAsync(IEnumerable<LocalDevice> site)
    {
        double sum = 0;
        foreach (LocalDevice device in site)
        {
            sum += await ContentStage.FetchedAsync(device);
        }

        return sum;
    }
}
