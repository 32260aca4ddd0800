using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Kedge.Agent.Neighbours;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Core.Neighbours;
using Kedge.Wire.Neighbours;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>Devices that lie, that trickle, and that are none of the site.</summary>
public sealed class StrangerTests
{
    [Fact]
    public async Task A_neighbour_that_lies_is_found_out_left_out_and_reported()
    {
        await using Site site = await Site.MakeAsync(devices: 1);
        RealAgent honest = site.Agents[0];
        Lie[] lies = [Lie.WrongBytes, Lie.Short, Lie.Endless, Lie.Garbage, Lie.BreaksItsWord];
        RealAgent[] liars = [.. await Task.WhenAll(lies.Select(l => site.AddAsync($"liar-{(int)l}")))];
        TestPackage package = await site.PushAsync(bytes: 1_000_000);
        await site.StartAsync();
        List<LyingNeighbour> lying = [];
        foreach ((RealAgent liar, Lie lie) in liars.Zip(lies))
        {
            await liar.StopAsync();
            lying.Add(new LyingNeighbour(liar.Credentials, liar.Neighbours!.Listen, lie, package.Digest));
        }

        await site.ApplyAsync();
        await honest.UntilAsync(site.Server, static s => s.Serving.Count == 1);
        Assert.Equal((5L, 0L), (honest.Loop.Snapshot.Neighbours!.LeftOut, honest.Loop.Snapshot.Neighbours.TakenBytes));
        IReadOnlyList<EventResource> events = await site.Server.UntilAsync(
            async () => (await site.Server.Client.ListEventsAsync("press-0", 100, site.Server.Ct)).Items,
            static all => all.Count(static e => e.Reason == "NeighbourLeftOut") == 5);
        string[] told = [.. events.Where(static e => e.Reason == "NeighbourLeftOut")
            .OrderBy(static e => e.Message, StringComparer.Ordinal)
            .Select(static e => $"{e.Message.Split(':')[0]} {e.Code}")];
        Assert.Equal(
            [
                "liar-0 KEDGE-AGENT-050", "liar-1 KEDGE-AGENT-051", "liar-2 KEDGE-AGENT-051", "liar-3 KEDGE-AGENT-051",
                "liar-4 KEDGE-AGENT-053",
            ],
            told);
        foreach (LyingNeighbour one in lying)
        {
            await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_neighbour_that_trickles_is_left_after_the_time_of_a_chunk()
    {
        await using Site site = await Site.MakeAsync(devices: 2);
        RealAgent slow = site.Agents[0];
        await using LyingNeighbour trickling = new(slow.Credentials, slow.Neighbours!.Listen, Lie.Trickle);
        PeerTls tls = new(site.Agents[1].Credentials, TimeProvider.System, static () => 0);
        await using NeighbourClient client = new(tls, new HurriedTime(20));
        RosterDevice device = Listed(slow);
        PeerAnswer answer = await client.ChunkAsync(
            device, Digest.Of("file"u8), (new ChunkRef(Digest.Of("chunk"u8), 200_000), 0), default);
        Assert.Equal("KEDGE-AGENT-052", Assert.IsType<PeerAnswer.Wrong>(answer).Finding.Code);

        // With another key than the roster names it is not asked at all.
        RosterDevice other = device with { KeyId = Digest.Of("another"u8).ToString() };
        Assert.IsType<PeerAnswer.Away>(await client.OfferAsync(other, Digest.Of("file"u8), default));
    }

    [Fact]
    public async Task Who_is_not_in_the_roster_is_refused_and_known_as_soon_as_the_server_names_it()
    {
        await using Site site = await Site.MakeAsync(devices: 1);
        TestPackage package = await site.PushAsync(bytes: 300_000);
        await site.StartAsync();
        await site.ApplyAsync();
        await site.UntilServingAsync();
        RosterDevice asked = Listed(site.Agents[0]);
        RealAgent elsewhere = await site.AddAsync("mill-1", site: "south");
        RealAgent late = await site.AddAsync("press-9");
        elsewhere.Start();
        late.Start();
        await late.UntilAsync(site.Server, static s => s.Serving.Count == 1);
        await elsewhere.UntilAsync(site.Server, static s => s.Serving.Count == 1);
        PeerAnswer.Away refused = Assert.IsType<PeerAnswer.Away>(await OfferAsync(elsewhere, asked, package));
        Assert.Contains("mill-1", refused.Why, StringComparison.Ordinal);
        Assert.Contains("is not known", refused.Why, StringComparison.Ordinal);
        PeerAnswer.Given given = Assert.IsType<PeerAnswer.Given>(await OfferAsync(late, asked, package));
        Assert.Equal(OfferState.Whole, NeighbourFormat.TryReadOffer(given.Bytes.Span, out _)!.Value.State);
        Assert.True(late.Loop.Snapshot.Neighbours!.TakenBytes > 0);
        Assert.Equal(0, elsewhere.Loop.Snapshot.Neighbours!.TakenBytes);
    }

    [Fact]
    public async Task Without_a_certificate_of_the_authority_nobody_is_answered_and_nonsense_ends_the_connection()
    {
        await using Site site = await Site.MakeAsync(devices: 1);
        await using TestServer other = await TestServer.StartAsync();
        await using RealAgent foreign = await RealAgent.EnrolAsync(other, "press-0", ("site", "north"));
        await site.StartAsync();
        RosterDevice asked = Listed(site.Agents[0]);
        IPEndPoint address = IPEndPoint.Parse(asked.Addresses[0]);

        await using NeighbourClient stranger = new(
            new PeerTls(foreign.Credentials, TimeProvider.System, static () => 0), TimeProvider.System);
        Assert.IsType<PeerAnswer.Away>(await stranger.OfferAsync(asked, Digest.Of("x"u8), default));
        using (TcpClient tcp = new())
        {
            await tcp.ConnectAsync(address);
            await using SslStream bare = new(tcp.GetStream(), false, static (_, _, _, _) => true);
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await bare.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = "x",
                    EnabledSslProtocols = SslProtocols.Tls13,
                });
                await bare.WriteAsync("GET /v1/offers/x HTTP/1.1\r\n\r\n"u8.ToArray());
                Assert.NotEqual(0, await bare.ReadAsync(new byte[1]));
            });
        }

        PeerTls own = new(site.Agents[0].Credentials, TimeProvider.System, static () => 0);
        foreach (string head in new[] { "GET / HTTP/1.1", "POST /v1/offers/x HTTP/1.1", new string('x', 5000) })
        {
            (SslStream stream, _) = await own.DialAsync(asked.Addresses[0], default);
            await using SslStream closing = stream;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n\r\n"));
            string answer = await new StreamReader(stream).ReadToEndAsync();
            Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
            Assert.Contains("KEDGE-AGENT-048", answer, StringComparison.Ordinal);
        }
    }

    private static RosterDevice Listed(RealAgent agent) => new()
    {
        Name = agent.Name,
        Addresses = [agent.Neighbours!.Listen],
        KeyId = agent.Credentials.Identity.DeviceKey.ToString(),
    };

    private static async Task<PeerAnswer> OfferAsync(RealAgent asking, RosterDevice asked, TestPackage package)
    {
        await using NeighbourClient client = new(
            new PeerTls(asking.Credentials, TimeProvider.System, static () => 0), TimeProvider.System);
        return await client.OfferAsync(asked, package.Digest, default);
    }
}
