using System.Net;
using System.Net.Sockets;
using Kedge.Agent.Neighbours;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>A device that answers others, and an address where somebody else does.</summary>
public sealed class NeighbourPortTests
{
    [Fact]
    public async Task An_address_that_is_taken_is_told_with_its_code()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await RealAgent.EnrolAsync(server, "press-1", ("site", "north"));
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        agent.Neighbours = new NeighbourConfig { Listen = $"{taken.LocalEndpoint}" };
        KedgeException refused = Assert.Throws<KedgeException>(() => agent.Start());
        Assert.Equal("KEDGE-AGENT-046", refused.Finding.Code);
        Assert.Contains($"{taken.LocalEndpoint}", refused.Finding.Message, StringComparison.Ordinal);

        await agent.StopAsync();
        taken.Stop();
        agent.Start();
        await agent.UntilAsync(server, static snapshot => snapshot.IsLinkUp);
    }
}
