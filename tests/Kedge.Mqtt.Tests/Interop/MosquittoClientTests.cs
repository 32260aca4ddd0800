using System.Globalization;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using Kedge.Mqtt.Transport;

namespace Kedge.Mqtt.Tests.Interop;

/// <summary>Real mosquitto_pub and mosquitto_sub against a broker over this server's parts.</summary>
public sealed class MosquittoClientTests
{
    private const string Topic = "kedge/v1/default/press-1/events";

    [Theory]
    [InlineData("5", "0")]
    [InlineData("5", "1")]
    [InlineData("311", "0")]
    [InlineData("311", "1")]
    public async Task A_message_passes_from_pub_to_sub(string version, string qos)
    {
        await using var broker = new MiniBroker();
        await using Program sub = Subscribe(
            broker, "-V", version, "-q", qos, "-t", "kedge/v1/+/+/events", "-C", "1", "-F", "%t %q %p");
        await broker.WaitForAsync("subscribe kedge/v1/+/+/events");

        await using Program pub = Publish(broker, "-V", version, "-q", qos, "-t", Topic, "-m", "hello");

        Assert.Equal((0, ""), await pub.EndAsync());
        Assert.Equal((0, $"{Topic} {qos} hello\n"), await sub.EndAsync());
    }

    [Fact]
    public async Task Properties_of_version_5_pass_from_pub_to_sub_in_order()
    {
        await using var broker = new MiniBroker();
        await using Program sub = Subscribe(
            broker, "-V", "5", "-q", "1", "-t", "a/b", "-C", "1", "-F", "%C|%D|%E|%F|%P|%R|%p");
        await broker.WaitForAsync("subscribe a/b");

        await using Program pub = Publish(
            broker, "-V", "5", "-q", "1", "-t", "a/b", "-m", "body",
            "-D", "publish", "content-type", "text/plain", "-D", "publish", "correlation-data", "c1",
            "-D", "publish", "response-topic", "r/t", "-D", "publish", "message-expiry-interval", "60",
            "-D", "publish", "payload-format-indicator", "1", "-D", "publish", "user-property", "k", "v1",
            "-D", "publish", "user-property", "k", "v2", "-D", "publish", "topic-alias", "4");

        Assert.Equal(0, (await pub.EndAsync()).Status);
        Assert.Equal((0, "text/plain|c1|60|1|k:v1 k:v2|r/t|body\n"), await sub.EndAsync());
    }

    [Theory]
    [InlineData("5")]
    [InlineData("311")]
    public async Task Hundreds_of_messages_keep_their_order_while_commits_take_time(string version)
    {
        var granted = new MqttBrokerSessionOptions { ReceiveMaximum = 2, SendQueueDepthMax = 1000 };
        await using var broker = new MiniBroker(new MqttServerOptions { Session = granted });
        await using Program sub = Subscribe(
            broker, "-V", version, "-q", "1", "-t", "load/slow", "-C", "300", "-F", "%p");
        await broker.WaitForAsync("subscribe load/slow");

        string lines = string.Concat(
            Enumerable.Range(0, 300).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number}\n")));
        await using Program pub = Program.StartWithInput(
            "/usr/bin/mosquitto_pub", lines,
            [.. Address(broker), "-V", version, "-q", "1", "-t", "load/slow", "-l"]);

        Assert.Equal(0, (await pub.EndAsync()).Status);
        Assert.Equal((0, lines), await sub.EndAsync());
    }

    [Fact]
    public async Task A_big_payload_passes_from_file_to_sub()
    {
        await using var broker = new MiniBroker(
            new MqttServerOptions { Session = new MqttBrokerSessionOptions { PacketBytesMax = 4 * 1024 * 1024 } });
        await using Program sub = Subscribe(broker, "-V", "5", "-q", "1", "-t", "big", "-C", "1", "-F", "%l");
        await broker.WaitForAsync("subscribe big");
        string folder = Directory.CreateTempSubdirectory("kedge-mqtt-").FullName;
        string file = Path.Combine(folder, "payload");
        await File.WriteAllBytesAsync(file, new byte[2_500_000]);

        await using Program pub = Publish(broker, "-V", "5", "-q", "1", "-t", "big", "-f", file);

        Assert.Equal(0, (await pub.EndAsync()).Status);
        Assert.Equal((0, "2500000\n"), await sub.EndAsync());
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("5", "Not authorized")]
    [InlineData("311", "not authorised")]
    public async Task A_refused_client_says_why(string version, string words)
    {
        await using var broker = new MiniBroker();
        await using Program pub = Publish(broker, "-V", version, "-u", "refused", "-t", "a", "-m", "x");
        (int status, _) = await pub.EndAsync();
        Assert.NotEqual(0, status);
        Assert.Contains(words, pub.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Spec("MQTT-3.2.2-11")]
    public async Task A_real_client_keeps_to_the_announced_maximum_qos()
    {
        await using var broker = new MiniBroker();
        await using Program pub = Publish(broker, "-V", "5", "-q", "2", "-t", "a", "-m", "x", "-d");
        await pub.EndAsync();
        Assert.DoesNotContain("QosNotSupported", await DrainAsync(broker), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Qos_2_of_a_3_1_1_client_ends_its_connection()
    {
        await using var broker = new MiniBroker();
        await using Program pub = Publish(broker, "-V", "311", "-i", "two", "-q", "2", "-t", "a", "-m", "x");
        await broker.WaitForAsync("gone two QosNotSupported Session");
    }

    [Fact]
    public async Task A_will_is_published_when_a_client_is_killed_and_not_when_it_leaves()
    {
        await using var broker = new MiniBroker();
        var inbox = new Inbox();
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            await broker.DialAsync(), MosquittoBrokerTests.Options(inbox, new()), TimeProvider.System, default);
        await using MqttClientConnection watcher = Assert.IsType<MqttConnectOutcome.Connected>(outcome).Connection;
        await watcher.SubscribeAsync([new MqttSubscription("will/#", MqttQos.AtLeastOnce)], default);
        await using Program orderly = Subscribe(
            broker, "-V", "5", "-t", "o", "--will-topic", "will/orderly", "--will-payload", "gone", "-C", "1");
        await broker.WaitForAsync("subscribe o");
        await watcher.PublishAsync("o", new byte[1], MqttQos.AtLeastOnce, default);
        Assert.Equal(0, (await orderly.EndAsync()).Status);

        Program killed = Subscribe(
            broker, "-V", "5", "-t", "k", "--will-topic", "will/killed", "--will-payload", "gone", "--will-qos", "1");
        await broker.WaitForAsync("subscribe k");
        await killed.DisposeAsync();

        Assert.Equal("will/killed", (await inbox.NextAsync()).Message.Topic);
    }

    [Fact]
    public async Task A_client_that_pings_stays_and_its_keep_alive_is_the_servers()
    {
        await using var broker = new MiniBroker(
            new MqttServerOptions { Session = new MqttBrokerSessionOptions { KeepAliveSecondsMax = 2 } });
        await using Program sub = Subscribe(broker, "-V", "5", "-t", "a", "-C", "1", "-k", "600", "-F", "%p");
        await broker.WaitForAsync("subscribe a");

        // Three pings, one each period, take longer than one and a half periods: only they can have kept it. The client
        // looks at its clock once a second, so a period of one second would leave half a second for a busy machine.
        await Until.TrueAsync(() => broker.Pings >= 3, () => $"3 pings; came {broker.Pings}, errors: {sub.Errors}");
        await using Program pub = Publish(broker, "-V", "5", "-t", "a", "-m", "still there", "-q", "1");
        Assert.Equal((0, "still there\n"), await sub.EndAsync());
    }

    [Fact]
    public async Task A_shared_subscription_is_refused_and_the_real_client_says_so()
    {
        await using var broker = new MiniBroker();
        await using Program sub = Subscribe(broker, "-V", "5", "-t", "$share/g/a", "-C", "1");
        await sub.EndAsync();
        Assert.Contains("denied", sub.Errors, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string> DrainAsync(MiniBroker broker)
    {
        await broker.DisposeAsync();
        broker.Log.Writer.TryComplete();
        return string.Join('\n', await broker.Log.Reader.ReadAllAsync().ToListAsync());
    }

    private static string[] Address(MiniBroker broker) =>
        ["-h", "127.0.0.1", "-p", broker.Port.ToString(CultureInfo.InvariantCulture)];

    private static Program Subscribe(MiniBroker broker, params string[] arguments) =>
        Program.Start("/usr/bin/mosquitto_sub", [.. Address(broker), .. arguments]);

    private static Program Publish(MiniBroker broker, params string[] arguments) =>
        Program.Start("/usr/bin/mosquitto_pub", [.. Address(broker), .. arguments]);
}
