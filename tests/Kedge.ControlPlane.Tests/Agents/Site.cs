using System.Net;
using System.Security.Cryptography;
using Kedge.Agent;
using Kedge.Agent.Neighbours;
using Kedge.ControlPlane.Tests.Server;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>A server far away, and agents of one site that answer each other, each on an address of its own.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly Wan _link;

    private Site(Wan https, Wan link, TestServer server) => (Https, _link, Server) = (https, link, server);

    /// <summary>The line to the server's calls.</summary>
    public Wan Https { get; }

    public TestServer Server { get; }

    public List<RealAgent> Agents { get; } = [];

    /// <summary>Bytes between site and server, both ways, everything counted.</summary>
    public long WanBytes => Https.Bytes + _link.Bytes;

    public static async Task<Site> MakeAsync(int devices, string limit = "", string site = "north")
    {
        IPAddress far = NewAddress();
        Wan https = new(far);
        Wan link = new(far);
        TestServer server = await TestServer.StartAsync(
            o => o with { ListenAddress = far, HttpsPort = https.Port, LinkPort = link.Port });
        Site made = new(https, link, server);
        for (int i = 0; i < devices; i++)
        {
            await made.AddAsync($"press-{i}", site, limit);
        }

        return made;
    }

    public async Task<RealAgent> AddAsync(string name, string site = "north", string limit = "")
    {
        RealAgent agent = await RealAgent.EnrolAsync(Server, name, ("line", "press"), ("site", site));
        agent.Neighbours = new NeighbourConfig { Listen = $"{NewAddress()}:8844", Limit = limit };
        Agents.Add(agent);
        return agent;
    }

    /// <summary>Starts them, and waits until the server knows where each of them answers.</summary>
    public async Task StartAsync()
    {
        Agents.ForEach(static a => a.Start());
        foreach (RealAgent agent in Agents)
        {
            await agent.UntilAsync(Server, static s => s.IsLinkUp && s.SpoolMessages == 0 && s.LinkConnections > 0);
        }

        await Server.UntilAsync(
            async () => (await Server.Client.ListDevicesAsync("", Server.Ct)).Items,
            devices => devices.Count(static d => d.Architecture.Length > 0) == Agents.Count);
    }

    /// <summary>A package whose bytes cannot be pressed together.</summary>
    public async Task<TestPackage> PushAsync(int bytes)
    {
        byte[] made = new byte[bytes];
        new Random(bytes).NextBytes(made);
        using ECDsa key = Server.ModelKey();
        TestPackage package = TestPackage.Of(key, "bearing", "model.onnx", made);
        await package.PushAsync(Server.Client, "bearing", "v1", Server.Ct);
        return package;
    }

    public void ResetCounters()
    {
        Https.Reset();
        _link.Reset();
    }

    public Task ApplyAsync() => Server.Client.ApplyAsync(MainPathTests.Manifest, false, false, Server.Ct);

    /// <summary>Waits until every device serves.</summary>
    public async Task UntilServingAsync()
    {
        foreach (RealAgent agent in Agents)
        {
            await agent.UntilAsync(Server, static s => s.Serving.Count == 1);
        }
    }

    public NeighbourFigures[] Figures() => [.. Agents.Select(static a => a.Loop.Snapshot.Neighbours!)];

    /// <summary>From now on nobody of the site reaches the server.</summary>
    public void Cut()
    {
        Https.Cut();
        _link.Cut();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RealAgent agent in Agents)
        {
            await agent.DisposeAsync();
        }

        Https.Mend();
        _link.Mend();
        await Server.DisposeAsync();
        await Https.DisposeAsync();
        await _link.DisposeAsync();
    }

    /// <summary>A loopback address that no other test has.</summary>
    private static IPAddress NewAddress() => new([127, .. RandomNumberGenerator.GetBytes(2), 9]);
}
