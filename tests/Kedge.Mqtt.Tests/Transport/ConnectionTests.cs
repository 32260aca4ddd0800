using System.Globalization;
using System.Net.Sockets;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using Kedge.Mqtt.Transport;
using Xunit.Abstractions;

namespace Kedge.Mqtt.Tests.Transport;

public sealed class ConnectionTests(ITestOutputHelper output)
{
    [Fact]
    [Spec("MQTT-4.3.2-4")]
    [Spec("MQTT-4.6.0-2")]
    [Spec("MQTT-4.2-1")]
    public async Task Puback_waits_for_the_commit_and_several_commits_run_at_a_time()
    {
        TaskCompletionSource<MqttPublishAnswer>[] commits = [new(), new(), new()];
        var handler = new ScriptedHandler { OnPublish = message => new(commits[message.Payload.Span[0]].Task) };
        (MqttClientConnection client, Task<MqttClosed> server) = await StartAsync(handler);
        Task<MqttPublishOutcome>[] sent = [.. Enumerable.Range(0, 3).Select(number => client.PublishAsync(
            "t", new[] { (byte)number }, MqttQos.AtLeastOnce, default))];
        for (int number = 0; number < 3; number++)
        {
            await handler.Published.Reader.ReadAsync().AsTask().InTimeAsync("a message at the handler");
        }

        commits[2].SetResult(MqttPublishAnswer.Committed);
        commits[1].SetResult(new MqttPublishAnswer(MqttReasonCode.NotAuthorized, "no"));
        Assert.DoesNotContain(sent, task => task.IsCompleted);
        commits[0].SetResult(MqttPublishAnswer.Committed);

        Assert.True((await sent[0].InTimeAsync("PUBACK")).IsTaken);
        Assert.Equal(
            new MqttPublishOutcome.Answered(MqttReasonCode.NotAuthorized, "no"), await sent[1].InTimeAsync("PUBACK"));
        Assert.True((await sent[2].InTimeAsync("PUBACK")).IsTaken);
        await client.DisposeAsync();
        Assert.True((await server.InTimeAsync("the end")).Graceful);
        Assert.True((await handler.Gone.Task).Graceful);
    }

    [Fact]
    public async Task A_handler_that_fails_ends_the_connection_and_the_message_is_not_answered()
    {
        var handler = new ScriptedHandler
        {
            OnPublish = async _ =>
            {
                await Task.Yield();
                throw new InvalidOperationException("the store is down");
            },
        };
        (MqttClientConnection client, Task<MqttClosed> server) = await StartAsync(handler);
        MqttPublishOutcome outcome =
            await client.PublishAsync("t", new byte[1], MqttQos.AtLeastOnce, default).InTimeAsync("the outcome");
        Assert.Equal(
            MqttReasonCode.UnspecifiedError,
            Assert.IsType<MqttPublishOutcome.ConnectionEnded>(outcome).Closed.Reason);
        Assert.Equal("the store is down", (await server.InTimeAsync("the end")).Fault?.Message);
        Assert.Contains("KEDGE-MQTT-007", (await client.Closed).ToFinding().ToString(), StringComparison.Ordinal);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_client_handler_that_fails_ends_the_connection_and_says_so()
    {
        var handler = new ScriptedHandler();
        (Stream clientStream, Stream serverStream) = await Loopback.PairAsync();
        Task<MqttClosed> server = Serve(serverStream, handler);
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            clientStream,
            new MqttClientOptions { OnMessage = (_, _) => throw new InvalidOperationException("bug") },
            TimeProvider.System, default);
        MqttClientConnection client = Assert.IsType<MqttConnectOutcome.Connected>(outcome).Connection;
        MqttServerConnection connection = await handler.Connected.Task;
        Task<MqttPublishOutcome> sent = connection.PublishAsync(Parties.Message(qos: MqttQos.AtLeastOnce), default);
        Assert.Equal("bug", (await client.Closed.InTimeAsync("the end")).Fault?.Message);
        Assert.IsType<MqttPublishOutcome.ConnectionEnded>(await sent.InTimeAsync("the outcome"));
        await server.InTimeAsync("the end");
    }

    [Fact]
    public async Task A_server_may_send_from_within_subscribe_and_learns_of_the_clients_acknowledgement()
    {
        var answered = new TaskCompletionSource<MqttPublishOutcome>();
        var handler = new ScriptedHandler
        {
            OnSubscribe = (connection, subscription) => _ = ForwardAsync(connection, subscription, answered),
        };
        var inbox = new Inbox { Acknowledges = false };
        (MqttClientConnection client, _) = await StartAsync(handler, inbox);
        await client.SubscribeAsync([new MqttSubscription("desired", MqttQos.AtLeastOnce)], default);
        MqttIncomingMessage message = await inbox.NextAsync();
        Assert.Equal("desired", message.Message.Topic);
        Assert.False(answered.Task.IsCompleted);
        message.Acknowledge();
        message.Acknowledge();
        Assert.True((await answered.Task.InTimeAsync("PUBACK")).IsTaken);
        await client.DisposeAsync();
    }

    private static async Task ForwardAsync(
        MqttServerConnection connection, MqttSubscription subscription,
        TaskCompletionSource<MqttPublishOutcome> answered)
    {
        var message = new MqttPacket.Publish { Topic = subscription.Filter, Qos = MqttQos.AtLeastOnce };
        answered.SetResult(await connection.PublishAsync(message, default));
    }

    [Fact]
    [Spec("MQTT-3.14.4-2")]
    public async Task A_server_that_shuts_down_says_so_to_its_clients()
    {
        using var stop = new CancellationTokenSource();
        var handler = new ScriptedHandler();
        (MqttClientConnection client, Task<MqttClosed> server) = await StartAsync(handler, stop: stop.Token);
        await stop.CancelAsync();
        MqttClosed closed = await client.Closed.InTimeAsync("DISCONNECT");
        Assert.Equal((MqttReasonCode.ServerShuttingDown, MqttCloseBy.Peer), (closed.Reason, closed.By));
        Assert.Equal(MqttCloseBy.Owner, (await server.InTimeAsync("the end")).By);
    }

    [Fact]
    [Spec("MQTT-4.13.1-1")]
    public async Task Bytes_that_are_no_packet_are_answered_by_their_reason_and_the_close()
    {
        (NetworkStream client, NetworkStream serverStream) = await Loopback.PairAsync();
        Task<MqttClosed> server = Serve(serverStream, new ScriptedHandler());
        await client.WriteAsync(Codecs.Write(Parties.Connect(), MqttVersion.V5));
        byte[] answer = new byte[1024];
        int connack = await client.ReadAsync(answer);
        Assert.Equal(0x20, answer[0]);
        Assert.True(connack > 4);
        await client.WriteAsync(new byte[] { 0x36, 0x03, 0, 1, (byte)'t' });
        int bytes = await client.ReadAsync(answer);
        Assert.Equal("E00181", Convert.ToHexString(answer.AsSpan(0, bytes)));
        await client.DisposeAsync();
        Assert.Equal(MqttReasonCode.MalformedPacket, (await server.InTimeAsync("the end")).Reason);
    }

    [Fact]
    public async Task A_stranger_may_not_send_more_than_a_connect_needs()
    {
        (NetworkStream client, NetworkStream serverStream) = await Loopback.PairAsync();
        Task<MqttClosed> server = Serve(serverStream, new ScriptedHandler());
        await client.WriteAsync(new byte[] { 0x10, 0xFF, 0xFF, 0x7F });
        Assert.Equal(0, await client.ReadAsync(new byte[10]));
        await client.DisposeAsync();
        Assert.Equal(MqttReasonCode.PacketTooLarge, (await server.InTimeAsync("the end")).Reason);
    }

    [Fact]
    public async Task A_server_that_never_answers_connect_is_left_in_time()
    {
        var time = new ManualTime();
        (Stream clientStream, Stream serverStream) = await Loopback.PairAsync();
        Task<MqttConnectOutcome> connecting = MqttClientConnection.ConnectAsync(
            clientStream, MqttOptions(new Inbox()), time, default);
        time.Advance(TimeSpan.FromSeconds(16));
        MqttClosed closed =
            Assert.IsType<MqttConnectOutcome.Failed>(await connecting.InTimeAsync("the outcome")).Closed;
        Assert.Equal(MqttReasonCode.KeepAliveTimeout, closed.Reason);
        Assert.Equal("KEDGE-MQTT-005", closed.ToFinding().Code);
        await serverStream.DisposeAsync();
    }

    [Fact]
    public async Task A_cancelled_connect_leaves_nothing_behind()
    {
        (Stream clientStream, Stream serverStream) = await Loopback.PairAsync();
        using var stop = new CancellationTokenSource();
        Task<MqttConnectOutcome> connecting = MqttClientConnection.ConnectAsync(
            clientStream, MqttOptions(new Inbox()), TimeProvider.System, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.InTimeAsync("the outcome"));
        await serverStream.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_that_does_not_read_costs_bounded_memory_and_is_dropped_in_time()
    {
        var time = new ManualTime();
        var handler = new ScriptedHandler();
        var options = new MqttServerOptions
        {
            Session = new MqttBrokerSessionOptions { KeepAliveSecondsMax = ushort.MaxValue },
        };
        (NetworkStream client, NetworkStream serverStream) = await Loopback.PairAsync();

        // The kernel may take less than may wait here: else it takes all, and no write ever hangs.
        client.Socket.ReceiveBufferSize = 16 * 1024;
        serverStream.Socket.SendBufferSize = 16 * 1024;
        Task<MqttClosed> server = MqttServerConnection.RunAsync(
            serverStream, handler, options, time, default);
        await client.WriteAsync(Codecs.Write(Parties.Connect() with { KeepAliveSeconds = 0 }, MqttVersion.V5));
        MqttServerConnection connection = await handler.Connected.Task.InTimeAsync("CONNECT");
        await client.ReadExactlyAsync(new byte[4]);
        byte[] payload = new byte[100_000];
        MqttPublishOutcome outcome;
        int taken = 0;
        do
        {
            outcome = await connection.PublishAsync(
                new MqttPacket.Publish { Topic = "t", Payload = payload }, default).InTimeAsync("the outcome");
            taken++;
        }
        while (outcome.IsTaken && taken < 1_000);

        Assert.Equal(MqttReasonCode.QuotaExceeded, Assert.IsType<MqttPublishOutcome.NotSent>(outcome).Error.Reason);

        // A write that the kernel still took after the clock moved starts its own wait: the clock moves until one
        // hangs.
        await Until.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(31));
                return server.IsCompleted;
            },
            "the end");
        Assert.Equal(MqttCloseBy.Network, (await server).By);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_3_1_1_client_with_more_in_flight_than_wanted_is_read_slower_and_loses_nothing()
    {
        var gate = new SemaphoreSlim(0);
        var handler = new ScriptedHandler
        {
            OnPublish = async _ =>
            {
                await gate.WaitAsync();
                return MqttPublishAnswer.Committed;
            },
        };
        var options = new MqttClientSessionOptions { Version = MqttVersion.V311 };
        (MqttClientConnection client, _) = await StartAsync(
            handler, session: options, granted: new MqttBrokerSessionOptions { ReceiveMaximum = 4 });
        Task<MqttPublishOutcome>[] sent = [.. Enumerable.Range(0, 50).Select(number => client.PublishAsync(
            "t", new[] { (byte)number }, MqttQos.AtLeastOnce, default))];
        for (int number = 0; number < 50; number++)
        {
            MqttPacket.Publish message =
                await handler.Published.Reader.ReadAsync().AsTask().InTimeAsync("a message");
            Assert.Equal(number, message.Payload.Span[0]);
            gate.Release();
        }

        foreach (Task<MqttPublishOutcome> one in sent)
        {
            Assert.True((await one.InTimeAsync("PUBACK")).IsTaken);
        }

        await client.DisposeAsync();
    }

    [Fact]
    public async Task An_idle_connection_holds_little_memory()
    {
        const int Count = 300;
        List<MqttClientConnection> clients = [];
        List<Task<MqttClosed>> servers = [];
        await AddAsync(50); // Warms up everything that is made once.
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await AddAsync(Count);
        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes} managed bytes for both ends"));
        Assert.InRange(bytes, 0, 20_000);
        foreach (MqttClientConnection client in clients)
        {
            await client.DisposeAsync();
        }

        await Task.WhenAll(servers).InTimeAsync("the end of all");

        async Task AddAsync(int count)
        {
            for (int number = 0; number < count; number++)
            {
                (MqttClientConnection client, Task<MqttClosed> server) = await StartAsync(new ScriptedHandler());
                await client.PublishAsync("t", new byte[3000], MqttQos.AtLeastOnce, default);
                clients.Add(client);
                servers.Add(server);
            }
        }
    }

    private static MqttClientOptions MqttOptions(Inbox inbox, MqttClientSessionOptions? session = null) =>
        new()
        {
            Session = session ?? new MqttClientSessionOptions { ClientId = "press-1" },
            OnMessage = inbox.TakeAsync,
        };

    private static Task<MqttClosed> Serve(Stream stream, IMqttServerHandler handler) =>
        MqttServerConnection.RunAsync(stream, handler, new MqttServerOptions(), TimeProvider.System, default);

    private static async Task<(MqttClientConnection Client, Task<MqttClosed> Server)> StartAsync(
        ScriptedHandler handler,
        Inbox? inbox = null,
        MqttClientSessionOptions? session = null,
        MqttBrokerSessionOptions? granted = null,
        CancellationToken stop = default)
    {
        (Stream clientStream, Stream serverStream) = await Loopback.PairAsync();
        var options = new MqttServerOptions { Session = granted ?? new MqttBrokerSessionOptions() };
        Task<MqttClosed> server =
            MqttServerConnection.RunAsync(serverStream, handler, options, TimeProvider.System, stop);
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            clientStream, MqttOptions(inbox ?? new Inbox(), session), TimeProvider.System, default)
            .InTimeAsync("CONNACK");
        return (Assert.IsType<MqttConnectOutcome.Connected>(outcome).Connection, server);
    }
}
