using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Topics;
using Kedge.Mqtt.Transport;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>
/// A small general broker over the server's parts: everybody may publish and subscribe; wills are published.
/// </summary>
public sealed class MiniBroker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly MqttTopicTree<Client, MqttSubscription> _tree = new(nodesMax: 10_000);
    private readonly ConcurrentBag<Task<MqttClosed>> _clients = [];
    private readonly MqttServerOptions _options;
    private readonly Task _accepts;
    private int _lastId;
    private int _pings;

    public MiniBroker(MqttServerOptions? options = null)
    {
        _options = options ?? new MqttServerOptions();
        _listener.Start();
        _accepts = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>PINGREQ packets that came alone, from any client.</summary>
    public int Pings => Volatile.Read(ref _pings);

    public System.Threading.Channels.Channel<string> Log { get; } =
        System.Threading.Channels.Channel.CreateUnbounded<string>();

    public async Task WaitForAsync(string line)
    {
        while (await Log.Reader.ReadAsync().AsTask().InTimeAsync($"broker log line {line}") != line)
        {
        }
    }

    public async Task<Stream> DialAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepts;
        foreach (Task<MqttClosed> client in _clients)
        {
            Assert.Null((await client.InTimeAsync("a client to end")).Fault);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                var stream = new PingCounter(socket, this);
                _clients.Add(MqttServerConnection.RunAsync(
                    stream, new Client(this), _options, TimeProvider.System, _stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Route(MqttPacket.Publish message, Client from)
    {
        var found = new List<KeyValuePair<Client, MqttSubscription>>();
        lock (_tree)
        {
            _tree.Find(message.Topic, found);
        }

        foreach (IGrouping<Client, KeyValuePair<Client, MqttSubscription>> group in found.GroupBy(pair => pair.Key))
        {
            MqttQos granted = group.Max(pair => pair.Value.Qos);
            if (group.Key != from || group.Any(pair => !pair.Value.NoLocal))
            {
                group.Key.Send(message with
                {
                    Qos = message.Qos < granted ? message.Qos : granted,
                    Retain = false,
                    Duplicate = false,
                    PacketId = 0,
                });
            }
        }
    }

    private sealed class PingCounter(Socket socket, MiniBroker broker) : NetworkStream(socket, ownsSocket: true)
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 2 && buffer.Span[0] == 0xC0)
            {
                Interlocked.Increment(ref broker._pings);
            }

            return read;
        }
    }

    private sealed class Client(MiniBroker broker) : IMqttServerHandler
    {
        private readonly HashSet<string> _filters = [];
        private MqttServerConnection? _connection;
        private MqttPacket.Connect? _connect;

        public ValueTask<MqttConnectDecision> ConnectAsync(
            MqttServerConnection connection, MqttPacket.Connect connect, CancellationToken cancellationToken)
        {
            _connection = connection;
            _connect = connect;
            broker.Log.Writer.TryWrite($"connect {connect.ClientId} {connect.Version} {connect.UserName}");
            MqttConnectDecision decision = connect.UserName == "refused"
                ? new MqttConnectDecision.Refuse(MqttReasonCode.NotAuthorized, "not you")
                : new MqttConnectDecision.Accept($"auto-{Interlocked.Increment(ref broker._lastId)}");
            return ValueTask.FromResult(decision);
        }

        public ValueTask<MqttReasonCode> SubscribeAsync(
            MqttSubscription subscription, CancellationToken cancellationToken)
        {
            MqttQos granted = subscription.Qos == MqttQos.AtMostOnce ? MqttQos.AtMostOnce : MqttQos.AtLeastOnce;
            lock (broker._tree)
            {
                if (!broker._tree.TryAdd(subscription.Filter, this, subscription with { Qos = granted }))
                {
                    return ValueTask.FromResult(MqttReasonCode.QuotaExceeded);
                }
            }

            _filters.Add(subscription.Filter);
            broker.Log.Writer.TryWrite($"subscribe {subscription.Filter}");
            return ValueTask.FromResult((MqttReasonCode)granted);
        }

        public ValueTask<MqttReasonCode> UnsubscribeAsync(string filter, CancellationToken cancellationToken)
        {
            lock (broker._tree)
            {
                return ValueTask.FromResult(_filters.Remove(filter) && broker._tree.Remove(filter, this)
                    ? MqttReasonCode.Success
                    : MqttReasonCode.NoSubscriptionExisted);
            }
        }

        public async ValueTask<MqttPublishAnswer> PublishAsync(
            MqttPacket.Publish message, CancellationToken cancellationToken)
        {
            if (message.Topic.EndsWith("/forbidden", StringComparison.Ordinal))
            {
                return new MqttPublishAnswer(MqttReasonCode.NotAuthorized, "not there");
            }

            broker.Route(message, this);
            if (message.Topic.EndsWith("/slow", StringComparison.Ordinal))
            {
                await Task.Yield();
            }

            return MqttPublishAnswer.Committed;
        }

        public ValueTask DisconnectedAsync(MqttClosed closed)
        {
            lock (broker._tree)
            {
                foreach (string filter in _filters)
                {
                    broker._tree.Remove(filter, this);
                }
            }

            if (_connect?.Will is { } will && !closed.Graceful)
            {
                broker.Route(
                    new MqttPacket.Publish { Topic = will.Topic, Payload = will.Payload, Qos = will.Qos }, this);
            }

            broker.Log.Writer.TryWrite($"gone {_connect?.ClientId} {closed.Reason} {closed.By}");
            return ValueTask.CompletedTask;
        }

        // Nobody waits for these: what a vanished client has not acknowledged is lost with its session.
        public void Send(MqttPacket.Publish message) =>
            _ = _connection!.PublishAsync(message, CancellationToken.None);
    }
}
