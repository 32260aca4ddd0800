using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core.Fleet;
using Kedge.Wire.Neighbours;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>What the server tells a device of the other devices of its site.</summary>
public sealed class RosterTests
{
    [Fact]
    public async Task A_device_is_told_of_those_of_its_site_that_have_an_address_and_were_not_revoked()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice asking = await server.EnrolAsync("press-1", ("site", "north"));
        await using TestDevice beside = await server.EnrolAsync("press-2", ("site", "north"));
        await using TestDevice silent = await server.EnrolAsync("press-3", ("site", "north"));
        await using TestDevice away = await server.EnrolAsync("mill-1", ("site", "south"));
        await using TestDevice nowhere = await server.EnrolAsync("mill-2");
        await ReportAsync(asking, "10.0.0.1:8844");
        await ReportAsync(beside, "10.0.0.2:8844", "press-2.example:8844");
        await ReportAsync(silent);
        await ReportAsync(away, "10.0.0.4:8844");
        await ReportAsync(nowhere, "10.0.0.5:8844");

        RosterMessage north = await RosterAsync(asking);
        Assert.Equal("north", north.Site);
        Assert.Equal(["press-1", "press-2"], north.Devices.Select(static d => d.Name));
        Assert.Equal(["10.0.0.2:8844", "press-2.example:8844"], north.Devices[1].Addresses);
        Assert.Equal(
            Core.Digest.Of(beside.Key.ExportSubjectPublicKeyInfo()).ToString(), north.Devices[1].KeyId);
        Assert.Equal(["mill-1"], (await RosterAsync(away)).Devices.Select(static d => d.Name));
        RosterMessage none = await RosterAsync(nowhere);
        Assert.Equal(("", 0), (none.Site, none.Devices.Count));

        // What changes is in the next answer, not after a while.
        await server.Client.RevokeDeviceAsync("press-2", server.Ct);
        Assert.Equal(["press-1"], (await RosterAsync(asking)).Devices.Select(static d => d.Name));
        await server.Client.LabelDeviceAsync(
            "mill-1", new Dictionary<string, string?> { ["site"] = "north" }, server.Ct);
        Assert.Equal(["mill-1", "press-1"], (await RosterAsync(asking)).Devices.Select(static d => d.Name));
    }

    [Fact]
    public async Task The_same_roster_is_not_sent_again_and_a_stranger_gets_none()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1", ("site", "north"));
        await ReportAsync(device, "10.0.0.1:8844");
        using HttpClient http = device.Http();
        using HttpResponseMessage first = await http.GetAsync("/v1/neighbours", server.Ct);
        EntityTagHeaderValue tag = first.Headers.ETag!;
        Assert.False(tag.IsWeak);
        using HttpRequestMessage again = new(HttpMethod.Get, "/v1/neighbours");
        again.Headers.IfNoneMatch.Add(tag);
        using HttpResponseMessage second = await http.SendAsync(again, server.Ct);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(server.Ct));
        using HttpClient bare = server.Bare();
        using HttpResponseMessage refused = await bare.GetAsync("/v1/neighbours", server.Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Addresses_that_are_none_are_left_out_and_more_than_four_are_cut()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1", ("site", "north"));
        await ReportAsync(device, "nonsense", "", "a:1", "b:2", "c:3", "d:4", "e:5", "f:99999");
        Assert.Equal(["a:1", "b:2", "c:3", "d:4"], (await RosterAsync(device)).Devices[0].Addresses);
    }

    private static async Task ReportAsync(TestDevice device, params string[] addresses)
    {
        if (device.Link is null)
        {
            await device.ConnectAsync();
        }

        _ = await device.ReportAsync(device.Next() with
        {
            Facts = new DeviceFacts { Architecture = "x64", Neighbours = addresses.ToImmutableArray() },
        });
    }

    private static async Task<RosterMessage> RosterAsync(TestDevice device)
    {
        using HttpClient http = device.Http();
        byte[] bytes = await http.GetByteArrayAsync("/v1/neighbours");
        return Assert.IsType<RosterMessage>(NeighbourFormat.TryReadRoster(bytes, out _));
    }
}
