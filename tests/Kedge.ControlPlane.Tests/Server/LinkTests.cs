using System.Text;
using System.Text.Json;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Core;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Transport;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Server;

public class LinkTests
{
    [Fact]
    public async Task A_device_touches_its_own_topics_only()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync(subscribe: false);
        string others = Topics.Of(TenantId.Default, new DeviceId("press-2"), Topics.Desired);
        Assert.Equal(MqttReasonCode.NotAuthorized, Assert.Single(await device.SubscribeAsync(others)));
        Assert.Equal(
            MqttReasonCode.NotAuthorized, Assert.Single(await device.SubscribeAsync(device.Topic(Topics.Reported))));
        byte[] report = UpMessageFormat.Write(device.Next() with { Status = new StatusMessage() });
        Assert.Equal(MqttReasonCode.NotAuthorized, await device.PublishAsync(
            Topics.Of(TenantId.Default, new DeviceId("press-2"), Topics.Reported), report));
        Assert.Equal(MqttReasonCode.NotAuthorized, await device.PublishAsync(device.Topic(Topics.Desired), report));
        Assert.Equal(MqttReasonCode.NotAuthorized, await device.PublishAsync("anything", report));
    }

    [Fact]
    public async Task A_message_that_comes_twice_is_committed_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync();
        UpMessage message = device.Next() with
        {
            Event = new EventMessage { Reason = "ReleaseQuarantined", Message = "three failures", Warning = true },
        };
        Assert.Equal(MqttReasonCode.Success, await device.ReportAsync(message));
        Assert.Equal(MqttReasonCode.Success, await device.ReportAsync(message));
        ResourceList<EventResource> events = await server.Client.ListEventsAsync("press-1", 100, server.Ct);
        Assert.Single(events.Items, e => e.Reason == "ReleaseQuarantined");
    }

    [Fact]
    public async Task A_report_that_cannot_be_read_is_refused_and_the_next_one_counts()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync();
        foreach (string body in new[] { "", "{", "{\"v\":1}", "[]", "{\"v\":9,\"incarnation\":\"a\",\"sequence\":1}" })
        {
            Assert.Equal(
                MqttReasonCode.PayloadFormatInvalid,
                await device.PublishAsync(device.Topic(Topics.Reported), Encoding.UTF8.GetBytes(body)));
        }

        Assert.Equal(MqttReasonCode.Success, await device.ReportFactsAsync());
        Assert.Equal("x64", (await server.Client.GetDeviceAsync("press-1", server.Ct)).Architecture);
    }

    [Fact]
    public async Task A_second_connection_with_one_certificate_replaces_the_first_and_raises_an_event()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync();
        MqttClientConnection first = device.Link!;
        await device.ConnectAsync();
        MqttClosed closed = await first.Closed.WaitAsync(TestServer.Deadline, server.Ct);
        Assert.Equal(MqttReasonCode.SessionTakenOver, closed.Reason);
        ResourceList<EventResource> events = await server.Client.ListEventsAsync("press-1", 100, server.Ct);
        Assert.Contains(events.Items, e => e is { Code: "KEDGE-ENROL-013", Warning: true });

        // The end of the old connection, recorded late, does not mark the device dead.
        Assert.Equal(MqttReasonCode.Success, await device.ReportFactsAsync());
        Assert.True((await server.Client.GetDeviceAsync("press-1", server.Ct)).Connected);
        Assert.Equal(1, server.Host.ConnectedDevices);
    }

    [Fact]
    public async Task A_copy_of_the_data_folder_with_another_incarnation_is_cut_off()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        await device.ConnectAsync();
        device.Incarnation = "ffffffffffffffffffffffffffffffff";
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            MqttReasonCode reason = await device.ReportFactsAsync();
            Assert.Equal(MqttReasonCode.Success, reason);
        });
        await device.Link!.Closed.WaitAsync(TestServer.Deadline, server.Ct);
    }

    [Fact]
    public async Task Presence_follows_the_connection()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        Assert.Equal("Pending", (await server.Client.GetDeviceAsync("press-1", server.Ct)).Status);
        await device.ConnectAsync();
        await server.UntilAsync(() => server.Client.GetDeviceAsync("press-1", server.Ct), d => d.Connected);
        await device.Link!.DisposeAsync();
        await server.UntilAsync(() => server.Client.GetDeviceAsync("press-1", server.Ct), d => d.Status == "Offline");
    }

    [Fact]
    public async Task Logs_are_asked_for_over_the_link_of_the_device()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        KedgeApiException offline = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.GetLogsAsync("press-1", "bearing-monitor", 10, server.Ct));
        Assert.Equal((503, "KEDGE-API-014"), (offline.Status, offline.Problem.Error.Code));

        await device.ConnectAsync();
        Assert.Equal(MqttReasonCode.GrantedQos1, Assert.Single(await device.SubscribeAsync(device.Topic("ask"))));
        Task<string> asked = server.Client.GetLogsAsync("press-1", "bearing-monitor", 10, server.Ct);
        MqttPacket.Publish question = (await server.UntilAsync(
            () => Task.FromResult(device.Received.FirstOrDefault(m => m.Topic == device.Topic("ask"))),
            m => m is not null))!;
        using JsonDocument json = JsonDocument.Parse(question.Payload);
        Assert.Equal("bearing-monitor", json.RootElement.GetProperty("workload").GetString());
        long id = json.RootElement.GetProperty("id").GetInt64();
        await device.PublishAsync(
            device.Topic("answer"),
            Encoding.UTF8.GetBytes($"{{\"v\":1,\"id\":{id},\"text\":\"line one\\nline two\\n\"}}"));
        Assert.Equal("line one\nline two\n", await asked);
    }
}
