using System.Security.Cryptography;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>Real agents that fetch over the line of a site with a limit.</summary>
public sealed class PacedSiteTests
{
    private const int ModelBytes = 200_000;
    private const int Devices = 3;
    private const long Limit = 256 * Limits.KiB;

    [Fact]
    public async Task All_devices_of_a_site_come_to_serve_over_its_line_and_no_faster_than_it_carries()
    {
        await using TestServer server = await TestServer.StartAsync();
        byte[] model = new byte[ModelBytes];
        new Random(11).NextBytes(model);
        using ECDsa key = server.ModelKey();
        await TestPackage.Of(key, "bearing", "model.onnx", model).PushAsync(server.Client, "bearing", "v1", server.Ct);
        await server.Client.ApplyAsync(
            "apiVersion: kedge.dev/v1\nkind: Site\nmetadata: {name: lyon}\nspec: {bandwidth: {limit: 256Ki}}\n",
            false, false, server.Ct);
        List<RealAgent> agents = [];
        for (int index = 0; index < Devices; index++)
        {
            agents.Add(await RealAgent.EnrolAsync(server, $"press-{index}", ("line", "press"), ("site", "lyon")));
        }

        try
        {
            agents.ForEach(static agent => agent.Start());
            await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
            long start = TimeProvider.System.GetTimestamp();
            foreach (RealAgent agent in agents)
            {
                await agent.UntilAsync(server, static s => s.Serving.Count == 1);
            }

            double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            SiteResource site = await server.Client.GetSiteAsync("lyon", server.Ct);
            Assert.Equal(Devices, site.Devices);
            Assert.InRange(site.SentBytes ?? 0, Devices * ModelBytes, Devices * (ModelBytes + 50_000));
            Assert.True(
                seconds >= 0.8 * Devices * ModelBytes / Limit,
                $"{site.SentBytes} bytes in {seconds} s");
            Assert.True(site.WaitedSeconds > 0);
        }
        finally
        {
            foreach (RealAgent agent in agents)
            {
                await agent.DisposeAsync();
            }
        }
    }
}
