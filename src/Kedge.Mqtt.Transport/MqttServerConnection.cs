using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// A server's end of one client's connection over any stream. Sending and closing may be called from any thread.
/// </summary>
public sealed class MqttServerConnection
{
    private readonly Link _link;
    private readonly MqttBrokerSession _session;

    private MqttServerConnection(Link link, MqttBrokerSession session)
    {
        _link = link;
        _session = session;
    }

    /// <summary>Ends when the connection has ended, with the reason; never faults.</summary>
    public Task<MqttClosed> Closed => _link.Closed;

    /// <summary>The client's protocol version.</summary>
    public MqttVersion Version => _session.Version;

    /// <summary>Serves one client until its connection has ended.</summary>
    /// <param name="stream">Connected, encrypted where wanted; belongs to the connection from here on.</param>
    /// <param name="handler">Decides for this client.</param>
    /// <param name="options">What is granted.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="cancellationToken">The server shuts down: the client is told so.</param>
    /// <returns>How it ended.</returns>
    public static async Task<MqttClosed> RunAsync(
        Stream stream,
        IMqttServerHandler handler,
        MqttServerOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var link = new Link(stream, options.Link, time);
        var session = new MqttBrokerSession(options.Session, link.Now);
        var driver = new ServerDriver(new MqttServerConnection(link, session), handler, options);
        link.Use(driver);
        link.Step(session.Tick); // Arms the deadline for CONNECT.
        await link.RunAsync(cancellationToken).ConfigureAwait(false);
        MqttClosed closed = await link.Closed.ConfigureAwait(false);
        return await driver.EndAsync(closed).ConfigureAwait(false);
    }

    /// <summary>Sends a message to the client. Ends at its PUBACK, at QoS 0 at once.</summary>
    /// <param name="message">Packet identifier and topic alias are set here. The payload must not change until the task
    /// ends.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have been sent all the same.</param>
    public Task<MqttPublishOutcome> PublishAsync(MqttPacket.Publish message, CancellationToken cancellationToken) =>
        _link.PublishAsync(message).WaitAsync(cancellationToken);

    /// <summary>Closes the connection; on MQTT 5 the client is told the reason.</summary>
    public void Disconnect(MqttReasonCode reason, string message) =>
        _link.Step(now => _session.Disconnect(reason, message, now));

    private sealed class ServerDriver(
        MqttServerConnection connection, IMqttServerHandler handler, MqttServerOptions options) : ISessionDriver
    {
        private readonly MqttBrokerSession _session = connection._session;
        private readonly Link _link = connection._link;
        private readonly MqttReadLimits _strangerLimits = Reads(options, options.Link.ConnectPacketBytesMax);
        private readonly MqttReadLimits _limits = Reads(options, options.Session.PacketBytesMax);
        private readonly Queue<Task> _commits = new();
        private Exception? _fault;
        private bool _wasAsked;

        public TimeSpan? NextDeadline => _session.NextDeadline;

        public uint PeerPacketBytesMax => _session.PeerPacketBytesMax;

        public MqttVersion Version => _session.Version;

        public MqttReadLimits Limits => _session.IsOpen ? _limits : _strangerLimits;

        private static MqttReadLimits Reads(MqttServerOptions options, int packetBytesMax) =>
            new() { PacketBytesMax = packetBytesMax, FiltersMax = options.FiltersMax };

        public ImmutableArray<MqttEffect> Receive(MqttPacket packet, TimeSpan now) => _session.Receive(packet, now);

        public ImmutableArray<MqttEffect> ReceiveInvalid(MqttProtocolError error, TimeSpan now) =>
            _session.ReceiveInvalid(error, now);

        public ImmutableArray<MqttEffect> Publish(long token, MqttPacket.Publish message, TimeSpan now) =>
            _session.Publish(token, message, now);

        public ImmutableArray<MqttEffect> Disconnect(MqttReasonCode reason, string message, TimeSpan now) =>
            _session.Disconnect(reason, message, now);

        public ImmutableArray<MqttEffect> Lose(string message, TimeSpan now) => _session.Lose(message, now);

        public ImmutableArray<MqttEffect> Tick(TimeSpan now) => _session.Tick(now);

        public void Resume(TimeSpan now) => _session.Resume(now);

        public async ValueTask RunAsync(MqttEffect effect, CancellationToken cancellationToken)
        {
            switch (effect)
            {
                case MqttEffect.AskConnect(var connect):
                    await ConnectAsync(connect, cancellationToken).ConfigureAwait(false);
                    break;
                case MqttEffect.AskSubscribe ask:
                    await SubscribeAsync(ask, cancellationToken).ConfigureAwait(false);
                    break;
                case MqttEffect.AskUnsubscribe(var packet):
                    await UnsubscribeAsync(packet, cancellationToken).ConfigureAwait(false);
                    break;
                case MqttEffect.Deliver(var message):
                    await DeliverAsync(message, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        private async ValueTask ConnectAsync(MqttPacket.Connect connect, CancellationToken cancellationToken)
        {
            _wasAsked = true;
            MqttConnectDecision decision =
                await handler.ConnectAsync(connection, connect, cancellationToken).ConfigureAwait(false);
            _link.Step(now => decision switch
            {
                MqttConnectDecision.Accept(var assigned) => _session.Accept(assigned, now),
                MqttConnectDecision.Refuse(var reason, var why) => _session.Refuse(reason, why, now),
                _ => throw Check.Unreachable(decision),
            });
        }

        private async ValueTask SubscribeAsync(MqttEffect.AskSubscribe ask, CancellationToken cancellationToken)
        {
            var reasons = ImmutableArray.CreateBuilder<MqttReasonCode>(ask.Settled.Length);
            for (int index = 0; index < ask.Settled.Length; index++)
            {
                reasons.Add(ask.Settled[index]
                    ?? await handler.SubscribeAsync(
                        ask.Packet.Subscriptions[index], cancellationToken).ConfigureAwait(false));
            }

            _link.Step(now => _session.AnswerSubscribe(reasons.ToImmutable(), now));
        }

        private async ValueTask UnsubscribeAsync(MqttPacket.Unsubscribe packet, CancellationToken cancellationToken)
        {
            var reasons = ImmutableArray.CreateBuilder<MqttReasonCode>(packet.Filters.Length);
            foreach (string filter in packet.Filters)
            {
                reasons.Add(await handler.UnsubscribeAsync(filter, cancellationToken).ConfigureAwait(false));
            }

            _link.Step(now => _session.AnswerUnsubscribe(reasons.ToImmutable(), now));
        }

        private async ValueTask DeliverAsync(MqttPacket.Publish message, CancellationToken cancellationToken)
        {
            ValueTask<MqttPublishAnswer> answer = handler.PublishAsync(message, cancellationToken);
            if (message.Qos == MqttQos.AtMostOnce)
            {
                await answer.ConfigureAwait(false);
                return;
            }

            if (answer.IsCompletedSuccessfully)
            {
                Acknowledge(message.PacketId, answer.Result);
                return;
            }

            _commits.Enqueue(AcknowledgeAsync(message.PacketId, answer));
            while (_commits.TryPeek(out Task? first)
                && (first.IsCompleted || _commits.Count >= options.Session.ReceiveMaximum))
            {
                // MQTT 5 clients keep to the receive maximum; a 3.1.1 client is simply not read from meanwhile.
                if (!first.IsCompleted && _session.Version == MqttVersion.V5)
                {
                    break;
                }

                await first.ConfigureAwait(false);
                _ = _commits.Dequeue();
            }
        }

        private async Task AcknowledgeAsync(ushort packetId, ValueTask<MqttPublishAnswer> answer)
        {
            try
            {
                Acknowledge(packetId, await answer.ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                // The message is not committed, so it must not be answered: the connection ends and the client sends it
                // again.
                _fault ??= exception;
                _link.Step(now => _session.Disconnect(MqttReasonCode.UnspecifiedError, "A handler failed.", now));
            }
        }

        private void Acknowledge(ushort packetId, MqttPublishAnswer answer) =>
            _link.Step(now => _session.Acknowledge(packetId, answer.Reason, answer.Why, now));

        public async Task<MqttClosed> EndAsync(MqttClosed closed)
        {
            foreach (Task commit in _commits)
            {
                await commit.ConfigureAwait(false);
            }

            closed = closed with { Fault = closed.Fault ?? _fault };
            if (_wasAsked)
            {
                await handler.DisconnectedAsync(closed).ConfigureAwait(false);
            }

            return closed;
        }
    }
}
