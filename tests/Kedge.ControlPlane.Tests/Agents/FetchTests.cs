using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Kedge.ControlPlane.Tests.Content;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>
/// An agent that serves one version of a model and is to serve the next, from a real server over TLS: both ends of the
/// fetch together.
/// </summary>
public sealed class FetchTests
{
    private static readonly IPAddress ServerAddress = IPAddress.Parse("127.0.0.2");
    private static readonly byte[] First = WeightFiles.Make(1, 80_000);
    private static readonly byte[] Tuned = WeightFiles.Make(1, 80_000, noise: 1e-4);

    [Fact]
    public async Task A_model_that_was_tuned_comes_as_what_differs_from_the_one_that_serves()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await ServingAsync(server);
        long before = agent.Loop.Snapshot.FetchedBytes;
        long firstDelta = Came(agent, "delta");
        await ReplaceAsync(server, Tuned);
        await UntilServesAsync(server, agent, Tuned);
        long delta = Came(agent, "delta") - firstDelta;
        Assert.Equal(Container(server, Tuned, First).Length, delta);
        Assert.InRange(agent.Loop.Snapshot.FetchedBytes - before, delta, Tuned.Length / 2);
    }

    [Fact]
    public async Task No_byte_comes_twice_over_a_line_that_is_cut_while_agent_and_server_start_anew()
    {
        await using FrailLine line = new(ServerAddress);
        await using Balancer link = new(ServerAddress);
        await using TestServer server = await TestServer.StartAsync(o => o with
        {
            ListenAddress = ServerAddress,
            HttpsPort = line.Port,
            LinkPort = link.Port,
            Names = ["127.0.0.1", "127.0.0.2"],
        });
        await using RealAgent agent = await ServingAsync(server);
        long start = Came(agent, "delta");
        using (ECDsa key = server.ModelKey())
        {
            _ = await TestPackage.Of(key, "bearing", "model.onnx", Tuned)
                .PushAsync(server.Client, "bearing", "v1", server.Ct);
        }

        line.ConnectionBytesMax = 70_000;
        Task down = line.DownAfterAsync(150_000);
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        await down.WaitAsync(TestServer.Deadline);
        await agent.UntilAsync(server, static s => s.Status.Workloads is [{ Problem: not null, ServingRevision: 1 }]);
        await agent.StopAsync();
        long came = Came(agent, "delta") - start;
        Assert.InRange(came, 1, Tuned.Length / 2);

        down = line.DownAfterAsync(150_000);
        agent.Start();
        await down.WaitAsync(TestServer.Deadline);
        await server.StopAsync();
        await server.StartHostAsync();
        line.Up();
        await UntilServesAsync(server, agent, Tuned);
        Assert.True(line.Cuts > 3, $"{line.Cuts} cuts");
        Assert.Equal(Container(server, Tuned, First).Length, came + Came(agent, "delta"));
        Assert.Equal(0, Came(agent, "chunks"));
    }

    [Fact]
    public async Task A_chunk_that_is_damaged_on_the_server_is_waited_for_and_what_came_before_stays()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await ServingAsync(server);
        long before = Came(agent, "chunks");
        TestPackage package;
        using (ECDsa key = server.ModelKey())
        {
            package = await TestPackage.Of(key, "bearing", "model.onnx", Tuned)
                .PushAsync(server.Client, "bearing", "v1", server.Ct);
        }

        byte[] chunk = package.Chunks[package.Chunks.Count / 2];
        string chunks = Path.Combine(server.Options.DataFolder, "chunks");
        string file = Assert.Single(
            Directory.GetFiles(chunks, Digest.Of(chunk).Hex + "*", SearchOption.AllDirectories));
        byte[] stored = File.ReadAllBytes(file);
        stored[stored.Length / 2] ^= 1;
        File.WriteAllBytes(file, stored);
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
        await agent.UntilAsync(server, static s =>
            s.Status.Workloads is [{ Problem.Code: "KEDGE-API-021", ServingRevision: 1 }]);

        await package.PushAsync(server.Client, "bearing", "v1", server.Ct);
        await UntilServesAsync(server, agent, Tuned);
        long came = Came(agent, "chunks") - before;
        Assert.InRange(came, Tuned.Length / 2, Tuned.Length);
        Assert.Contains(
            $"kedge_server_content_bytes_total{{kind=\"chunk\"}} {before + came}\n", await MetricsAsync(server),
            StringComparison.Ordinal);
    }

    /// <summary>An agent that serves <see cref="First"/>.</summary>
    private static async Task<RealAgent> ServingAsync(TestServer server)
    {
        RealAgent agent = await RealAgent.EnrolAsync(server, "press-1", ("line", "press"));
        agent.Start();
        await agent.UntilAsync(server, static s => s.IsLinkUp);
        await ReplaceAsync(server, First);
        await UntilServesAsync(server, agent, First);
        return agent;
    }

    private static async Task ReplaceAsync(TestServer server, byte[] model)
    {
        using ECDsa key = server.ModelKey();
        _ = await TestPackage.Of(key, "bearing", "model.onnx", model)
            .PushAsync(server.Client, "bearing", "v1", server.Ct);
        await server.Client.ApplyAsync(MainPathTests.Manifest, false, false, server.Ct);
    }

    private static async Task UntilServesAsync(TestServer server, RealAgent agent, byte[] model)
    {
        await agent.UntilAsync(server, s =>
            s.Status.Workloads is [{ Instance.Length: > 0, TargetRelease: { Length: > 0 } target } workload]
            && workload.ServingRelease == target && Held(agent).Any(f => f.AsSpan().SequenceEqual(model)));
        Assert.DoesNotContain(agent.Disk.List("content/partial"), static e => !e.IsFolder);
    }

    /// <summary>Every model that stands whole on the disk of an agent.</summary>
    private static IEnumerable<byte[]> Held(RealAgent agent)
    {
        foreach (DiskEntry package in agent.Disk.List("content/packages"))
        {
            string path = $"content/packages/{package.Name}/files/onnx-fp32/model.onnx";
            if (agent.Disk.Length(path) is not null)
            {
                yield return agent.Disk.Read(path, int.MaxValue - 1);
            }
        }
    }

    private static long Came(RealAgent agent, string way) =>
        agent.Loop.Snapshot.FetchedByWay.Where(w => w.Way == way).Sum(static w => w.Bytes);

    private static byte[] Container(TestServer server, byte[] target, byte[] origin)
    {
        string deltas = Path.Combine(server.Options.DataFolder, "deltas");
        return File.ReadAllBytes(Assert.Single(
            Directory.GetFiles(deltas, "*.delta", SearchOption.AllDirectories),
            f => f.Contains(Digest.Of(target).Hex, StringComparison.Ordinal)
                && f.Contains(Digest.Of(origin).Hex, StringComparison.Ordinal)));
    }

    private static async Task<string> MetricsAsync(TestServer server)
    {
        using HttpClient http = server.Bare();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Context.Token);
        return await http.GetStringAsync("/metrics", server.Ct);
    }
}
