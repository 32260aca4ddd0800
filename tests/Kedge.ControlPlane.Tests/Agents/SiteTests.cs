using Kedge.Agent;
using Xunit.Abstractions;
using Kedge.ControlPlane.Tests.Server;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>Devices of one site that take content from each other, with a real server and real agents.</summary>
public sealed class SiteTests(ITestOutputHelper output)
{
    [Fact]
    public async Task One_copy_crosses_the_wan_for_a_site_of_twenty()
    {
        await using Site site = await Site.MakeAsync(devices: 20);
        TestPackage package = await site.PushAsync(bytes: 10_000_000);
        await site.StartAsync();
        site.ResetCounters();
        await site.ApplyAsync();
        await site.UntilServingAsync();
        long unique = package.Chunks.Sum(static c => (long)c.Length) + package.Envelope.Length;
        double ratio = (double)site.WanBytes / unique;
        NeighbourFigures[] figures = site.Figures();
        string shown = FormattableString.Invariant($"{site.WanBytes} bytes for {unique}: {ratio:0.000}");
        output.WriteLine(shown);
        Assert.True(ratio <= 1.05, shown);
        Assert.All(figures, static f => Assert.Equal(("north", 19, 0L), (f.Site, f.Known, f.LeftOut)));
        Assert.InRange(figures.Sum(static f => f.TakenBytes), 19 * unique, 19 * unique);
        Assert.InRange(figures.Sum(static f => f.GivenBytes), 19 * unique, 20 * unique);
    }

    [Fact]
    public async Task What_one_device_has_reaches_all_others_after_the_server_is_cut_off()
    {
        // Slow enough that the first one has everything long before the others do.
        await using Site site = await Site.MakeAsync(devices: 5, limit: "512Ki");
        _ = await site.PushAsync(bytes: 800_000);
        await site.StartAsync();
        await site.ApplyAsync();
        AgentSnapshot[] now = await site.Server.UntilAsync(
            () => Task.FromResult(site.Agents.Select(static a => a.Loop.Snapshot).ToArray()),
            static all => all.Any(static s => s.Serving.Count == 1));
        site.Cut();
        Assert.Contains(now, static s => s.Serving.Count == 0);
        await site.UntilServingAsync();
    }

    [Fact]
    public async Task A_device_that_comes_later_takes_all_from_those_that_are_there_and_knows_them_after_a_restart()
    {
        await using Site site = await Site.MakeAsync(devices: 2);
        TestPackage package = await site.PushAsync(bytes: 1_500_000);
        await site.StartAsync();
        await site.ApplyAsync();
        await site.UntilServingAsync();
        RealAgent late = await site.AddAsync("press-late");
        site.ResetCounters();
        late.Start();
        await late.UntilAsync(site.Server, static s => s.Serving.Count == 1);
        Assert.InRange(site.WanBytes, 0, 100_000);
        Assert.Equal(
            package.Chunks.Sum(static c => c.Length) + package.Envelope.Length,
            late.Loop.Snapshot.Neighbours!.TakenBytes);

        // Its content is gone and nothing runs, the server is away: what it needs is in the site.
        await late.StopAsync();
        late.Supervisor.PowerOff();
        late.Disk.DeleteFolder("content");
        site.Cut();
        late.Start();
        await late.UntilAsync(
            site.Server, static s => s.Neighbours is { Known: 2, TakenBytes: > 0 } && s.Serving.Count == 1);
    }
}
