using System.Text;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using Kedge.Mqtt.Transport;

namespace Kedge.Mqtt.Tests.Interop;

/// <summary>This client against a real mosquitto broker.</summary>
public sealed class MosquittoBrokerTests
{
    private const string Topic = "kedge/v1/default/press-1/reported";

    [Theory]
    [InlineData(MqttVersion.V5, MqttQos.AtMostOnce)]
    [InlineData(MqttVersion.V5, MqttQos.AtLeastOnce)]
    [InlineData(MqttVersion.V311, MqttQos.AtMostOnce)]
    [InlineData(MqttVersion.V311, MqttQos.AtLeastOnce)]
    public async Task A_message_goes_out_and_comes_back(MqttVersion version, MqttQos qos)
    {
        await using Mosquitto broker = await Mosquitto.StartAsync();
        var inbox = new Inbox();
        await using MqttClientConnection client = await ConnectAsync(broker, inbox, new() { Version = version });
        var granted = Assert.IsType<MqttSubscribeOutcome.Answered>(
            await client.SubscribeAsync([new MqttSubscription("kedge/v1/+/+/reported", qos)], default));
        Assert.Equal((MqttReasonCode)qos, Assert.Single(granted.Reasons));

        MqttPublishOutcome outcome = await client.PublishAsync(Topic, "hello"u8.ToArray(), qos, default);

        Assert.True(outcome.IsTaken, outcome.ToString());
        MqttIncomingMessage message = await inbox.NextAsync();
        Assert.Equal(Topic, message.Message.Topic);
        Assert.Equal("hello", Encoding.UTF8.GetString(message.Message.Payload.Span));
        Assert.Equal(qos, message.Message.Qos);
        await client.UnsubscribeAsync(["kedge/v1/+/+/reported"], default).InTimeAsync("UNSUBACK");
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task A_thousand_messages_keep_their_order_within_a_small_receive_maximum(MqttVersion version)
    {
        await using Mosquitto broker = await Mosquitto.StartAsync("max_inflight_messages 4", "max_queued_messages 0");
        var inbox = new Inbox();
        await using MqttClientConnection client = await ConnectAsync(
            broker, inbox, new() { Version = version, ReceiveMaximum = 3, SendQueueDepthMax = 1000 });
        await client.SubscribeAsync([new MqttSubscription("kedge/#", MqttQos.AtLeastOnce)], default);

        Task<MqttPublishOutcome>[] sent = [.. Enumerable.Range(0, 1000).Select(number =>
            client.PublishAsync(Topic, BitConverter.GetBytes(number), MqttQos.AtLeastOnce, default))];

        foreach (Task<MqttPublishOutcome> one in sent)
        {
            Assert.True((await one.InTimeAsync("PUBACK")).IsTaken);
        }

        for (int number = 0; number < 1000; number++)
        {
            MqttIncomingMessage message = await inbox.NextAsync();
            Assert.Equal(number, BitConverter.ToInt32(message.Message.Payload.Span));
            Assert.Equal(Topic, message.Message.Topic);
        }
    }

    [Fact]
    public async Task A_payload_of_many_buffers_arrives_whole()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync();
        var inbox = new Inbox();
        await using MqttClientConnection client =
            await ConnectAsync(broker, inbox, new() { PacketBytesMax = 8 * 1024 * 1024 });
        await client.SubscribeAsync([new MqttSubscription(Topic, MqttQos.AtLeastOnce)], default);
        byte[] payload = [.. Enumerable.Range(0, 3_000_000).Select(index => (byte)(index * 31 >> 3))];

        MqttPublishOutcome outcome = await client.PublishAsync(Topic, payload, MqttQos.AtLeastOnce, default)
            .InTimeAsync("PUBACK");

        Assert.True(outcome.IsTaken, outcome.ToString());
        Assert.True((await inbox.NextAsync()).Message.Payload.Span.SequenceEqual(payload));
    }

    [Fact]
    public async Task Topic_aliases_and_properties_pass_a_real_broker()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync("max_topic_alias 3");
        var inbox = new Inbox();
        await using MqttClientConnection client = await ConnectAsync(broker, inbox, new() { TopicAliasMaximum = 5 });
        await client.SubscribeAsync([new MqttSubscription("kedge/#", MqttQos.AtLeastOnce)], default);
        for (int number = 0; number < 20; number++)
        {
            var message = new MqttPacket.Publish
            {
                Topic = $"kedge/{number % 5}",
                Payload = new[] { (byte)number },
                Qos = (MqttQos)(number % 2),
                Properties = new MqttProperties
                {
                    ContentType = "application/json",
                    ResponseTopic = "kedge/answer",
                    CorrelationData = new byte[] { 1, 2 },
                    PayloadIsText = false,
                    UserProperties = [new MqttUserProperty("n", $"{number}"), new MqttUserProperty("n", "again")],
                },
            };
            Assert.True((await client.PublishAsync(message, default).InTimeAsync("PUBACK")).IsTaken);
            MqttIncomingMessage back = await inbox.NextAsync();
            Assert.Equal($"kedge/{number % 5}", back.Message.Topic);
            Assert.Equal(PacketText.Of(message.Properties), PacketText.Of(back.Message.Properties));
        }
    }

    [Fact]
    public async Task The_connection_outlives_many_keep_alive_periods()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync("log_dest stderr", "log_type all");
        var inbox = new Inbox();
        await using MqttClientConnection client = await ConnectAsync(broker, inbox, new() { KeepAliveSeconds = 1 });

        // The broker gives up one and a half periods after it last heard; so many pings take longer.
        await Until.TrueAsync(
            () => client.Closed.IsCompleted || broker.Log.Split("Received PINGREQ").Length > 5,
            () => broker.Log);
        Assert.False(client.Closed.IsCompleted, "The broker closed the connection: pings did not reach it.");
        Assert.True((await client.PublishAsync(Topic, new byte[1], MqttQos.AtLeastOnce, default)).IsTaken);
    }

    [Fact]
    public async Task A_broker_that_takes_nobody_is_told_by_its_reason()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync("allow_anonymous false");
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            await broker.DialAsync(), Options(new Inbox(), new()), TimeProvider.System, default).InTimeAsync("CONNACK");
        MqttConnectOutcome.Failed failed = Assert.IsType<MqttConnectOutcome.Failed>(outcome);
        Assert.Equal(MqttReasonCode.NotAuthorized, failed.Closed.Reason);
        Assert.Equal(MqttCloseBy.Peer, failed.Closed.By);
    }

    [Fact]
    public async Task A_second_connection_of_the_same_name_takes_the_session_over()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync();
        await using MqttClientConnection first = await ConnectAsync(
            broker, new Inbox(), new() { ClientId = "press-1" });
        await using MqttClientConnection second = await ConnectAsync(
            broker, new Inbox(), new() { ClientId = "press-1" });
        MqttClosed closed = await first.Closed.InTimeAsync("the end");

        // mosquitto 2.0.11 closes without DISCONNECT here; later versions say why.
        Assert.True(closed.By is MqttCloseBy.Network or MqttCloseBy.Peer, closed.ToString());
        Assert.False(closed.Graceful);
    }

    [Fact]
    public async Task The_will_is_published_when_the_client_asks_for_it_and_not_when_it_leaves_in_order()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync();
        var inbox = new Inbox();
        await using MqttClientConnection watcher = await ConnectAsync(broker, inbox, new());
        await watcher.SubscribeAsync([new MqttSubscription("gone/+", MqttQos.AtLeastOnce)], default);
        foreach ((string name, MqttReasonCode reason) in new[]
        {
            ("orderly", MqttReasonCode.Success),
            ("loud", MqttReasonCode.DisconnectWithWill),
        })
        {
            MqttClientConnection client = await ConnectAsync(
                broker, new Inbox(
                    ), new() { Will = new MqttWill { Topic = $"gone/{name}", Qos = MqttQos.AtLeastOnce } });
            await client.DisconnectAsync(reason).InTimeAsync("the end");
        }

        Assert.Equal("gone/loud", (await inbox.NextAsync()).Message.Topic);
    }

    internal static MqttClientOptions Options(Inbox inbox, MqttClientSessionOptions session) =>
        new() { Session = session, OnMessage = inbox.TakeAsync };

    private static async Task<MqttClientConnection> ConnectAsync(
        Mosquitto broker, Inbox inbox, MqttClientSessionOptions session)
    {
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            await broker.DialAsync(), Options(inbox, session), TimeProvider.System, default).InTimeAsync("CONNACK");
        return Assert.IsType<MqttConnectOutcome.Connected>(outcome).Connection;
    }
}
