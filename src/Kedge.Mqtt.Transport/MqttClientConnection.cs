using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// A client's connection over any stream. It does not connect again by itself: that is a decision, and whoever owns the
/// connection makes it when <see cref="Closed"/> ends. All members may be called from any thread.
/// </summary>
public sealed class MqttClientConnection : IAsyncDisposable
{
    private readonly Link _link;
    private readonly MqttClientSession _session;
    private Task _loop = Task.CompletedTask;

    private MqttClientConnection(Link link, MqttClientSession session)
    {
        _link = link;
        _session = session;
    }

    /// <summary>Ends when the connection has ended, with the reason; never faults.</summary>
    public Task<MqttClosed> Closed => _link.Closed;

    /// <summary>Sends CONNECT and waits for the answer.</summary>
    /// <param name="stream">Connected, encrypted where wanted; belongs to the connection from here on.</param>
    /// <param name="options">What to ask for.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    public static async Task<MqttConnectOutcome> ConnectAsync(
        Stream stream, MqttClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var link = new Link(stream, options.Link, time);
        var session = new MqttClientSession(options.Session);
        var connection = new MqttClientConnection(link, session);
        var driver = new ClientDriver(connection, options);
        link.Use(driver);
        link.Step(session.Connect);
        connection._loop = Task.Run(() => link.RunAsync(CancellationToken.None), CancellationToken.None);
        await using (cancellationToken.Register(() => connection.Leave(MqttReasonCode.Success)))
        {
            Task first = await Task.WhenAny(driver.Answered, link.Closed).ConfigureAwait(false);
            if (first == driver.Answered)
            {
                return new MqttConnectOutcome.Connected(connection, await driver.Answered.ConfigureAwait(false));
            }
        }

        MqttClosed closed = await link.Closed.ConfigureAwait(false);
        await connection._loop.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return new MqttConnectOutcome.Failed(closed);
    }

    /// <summary>Sends a message. Ends at its PUBACK, at QoS 0 at once; see <see cref="MqttPublishOutcome"/>.</summary>
    /// <param name="topic">A topic name.</param>
    /// <param name="payload">Not to be changed until the task ends.</param>
    /// <param name="qos">0 or 1.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have been sent all the same.</param>
    public Task<MqttPublishOutcome> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, MqttQos qos, CancellationToken cancellationToken) =>
        PublishAsync(new MqttPacket.Publish { Topic = topic, Payload = payload, Qos = qos }, cancellationToken);

    /// <summary>Sends a message with flags and properties; packet identifier and topic alias are set here.</summary>
    public Task<MqttPublishOutcome> PublishAsync(MqttPacket.Publish message, CancellationToken cancellationToken) =>
        _link.PublishAsync(message).WaitAsync(cancellationToken);

    /// <summary>Subscribes; ends at SUBACK.</summary>
    public Task<MqttSubscribeOutcome> SubscribeAsync(
        ImmutableArray<MqttSubscription> subscriptions, CancellationToken cancellationToken) =>
        _link.SubscribeAsync(
            (token, now) => _session.Subscribe(token, subscriptions, now)).WaitAsync(cancellationToken);

    /// <summary>Ends subscriptions; ends at UNSUBACK.</summary>
    public Task<MqttSubscribeOutcome> UnsubscribeAsync(
        ImmutableArray<string> filters, CancellationToken cancellationToken) =>
        _link.SubscribeAsync((token, now) => _session.Unsubscribe(token, filters, now)).WaitAsync(cancellationToken);

    /// <summary>
    /// Sends DISCONNECT, waits for what was queued before it, and closes. Does nothing the second time.
    /// </summary>
    /// <param name="reason">Success, or <see cref="MqttReasonCode.DisconnectWithWill"/>.</param>
    public async Task DisconnectAsync(MqttReasonCode reason)
    {
        Leave(reason);
        await _loop.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DisconnectAsync(MqttReasonCode.Success).ConfigureAwait(false);

    private void Leave(MqttReasonCode reason) => _link.Step(now => _session.Disconnect(reason, now));

    private sealed class ClientDriver(MqttClientConnection connection, MqttClientOptions options) : ISessionDriver
    {
        private readonly TaskCompletionSource<MqttPacket.ConnAck> _answered =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly MqttClientSession _session = connection._session;

        public Task<MqttPacket.ConnAck> Answered => _answered.Task;

        public TimeSpan? NextDeadline => _session.NextDeadline;

        public uint PeerPacketBytesMax => _session.PeerPacketBytesMax;

        public MqttVersion Version => options.Session.Version;

        public MqttReadLimits Limits { get; } = new()
        {
            PacketBytesMax = options.Session.PacketBytesMax,
            FiltersMax = options.FiltersMax,
        };

        public ImmutableArray<MqttEffect> Receive(MqttPacket packet, TimeSpan now) => _session.Receive(packet, now);

        public ImmutableArray<MqttEffect> ReceiveInvalid(MqttProtocolError error, TimeSpan now) =>
            _session.ReceiveInvalid(error, now);

        public ImmutableArray<MqttEffect> Publish(long token, MqttPacket.Publish message, TimeSpan now) =>
            _session.Publish(token, message, now);

        public ImmutableArray<MqttEffect> Disconnect(MqttReasonCode reason, string message, TimeSpan now) =>
            _session.Disconnect(reason, now);

        public ImmutableArray<MqttEffect> Lose(string message, TimeSpan now) => _session.Lose(message, now);

        public ImmutableArray<MqttEffect> Tick(TimeSpan now) => _session.Tick(now);

        public void Resume(TimeSpan now) => _session.Resume(now);

        public async ValueTask RunAsync(MqttEffect effect, CancellationToken cancellationToken)
        {
            switch (effect)
            {
                case MqttEffect.Connected(var answer):
                    _answered.SetResult(answer);
                    break;
                case MqttEffect.Deliver(var message):
                    var incoming = new MqttIncomingMessage(message, reason => Acknowledge(message.PacketId, reason));
                    await options.OnMessage(incoming, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        private void Acknowledge(ushort packetId, MqttReasonCode reason) =>
            connection._link.Step(now => _session.Acknowledge(packetId, reason, now));
    }
}
