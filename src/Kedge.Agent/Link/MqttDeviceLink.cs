using System.Collections.Immutable;
using Kedge.Agent.Identity;
using Kedge.Agent.Source;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Transport;

namespace Kedge.Agent.Link;

/// <summary>The device link over MQTT 5 and TLS 1.3 with the device's certificate.</summary>
/// <param name="credentials">Who we are, and whom we trust.</param>
/// <param name="time">Clock and timers.</param>
/// <param name="floorMs">The true time is not before it, Unix milliseconds UTC.</param>
internal sealed class MqttDeviceLink(Credentials credentials, TimeProvider time, Func<long> floorMs) : IDeviceLink
{
    private const int DefaultPort = 8883;
    private readonly BundleSource _bundle = new(credentials, time, floorMs);

    /// <summary>How long the link may be silent, in whole seconds.</summary>
    internal TimeSpan KeepAlive { get; init; } = Limits.LinkKeepAlive;

    public async ValueTask<LinkOutcome> ConnectAsync(
        ImmutableArray<string> topics, Action<LinkDelivery> receiver, CancellationToken cancel)
    {
        ServerJudge judge = new(credentials, _bundle.Clock);
        MqttDialOutcome dialled = await DialAsync(judge, cancel).ConfigureAwait(false);
        string? noBundle = null;
        if (judge.NeedsBundle)
        {
            noBundle = await _bundle.RefreshAsync(cancel).ConfigureAwait(false);
            dialled = noBundle is null ? await DialAsync(judge, cancel).ConfigureAwait(false) : dialled;
        }

        if (dialled is MqttDialOutcome.Failed failed)
        {
            return judge.Why is null
                ? new LinkOutcome.Unreachable(Of(failed.Finding))
                : new LinkOutcome.Refused(new Problem(
                    AgentErrors.WrongAuthority.Code,
                    $"{credentials.Link}: {judge.Why}{(noBundle is null ? "" : "; " + noBundle)}"));
        }

        Stream stream = ((MqttDialOutcome.Reached)dialled).Stream;
        MqttConnectOutcome outcome = await MqttClientConnection.ConnectAsync(
            stream, Options(receiver), time, cancel).ConfigureAwait(false);
        return outcome is MqttConnectOutcome.Connected connected
            ? await SubscribeAsync(connected.Connection, topics, cancel).ConfigureAwait(false)
            : Explain(((MqttConnectOutcome.Failed)outcome).Closed);
    }

    private Task<MqttDialOutcome> DialAsync(ServerJudge judge, CancellationToken cancel)
    {
        (string host, int port) = HostPort.Split(credentials.Link, DefaultPort);
        return MqttConnector.DialAsync(
            new MqttConnectorOptions
            {
                Host = host,
                Port = port,
                ClientCertificate = credentials.Certificate,
                Timeout = AgentLimits.LinkTimeout,
                ValidateServer = (_, certificate, chain, errors) => judge.Accepts(certificate, chain, errors),
            },
            time,
            cancel);
    }

    private MqttClientOptions Options(Action<LinkDelivery> receiver) => new()
    {
        Session = new MqttClientSessionOptions
        {
            ClientId = credentials.Identity.Device.ToString(),
            KeepAliveSeconds = (ushort)KeepAlive.TotalSeconds,
            PacketBytesMax = Limits.LinkPacketBytesMax,
            ReceiveMaximum = AgentLimits.DeliveriesMax,
            SendQueueDepthMax = Limits.LinkInFlightMax * 2,
        },
        OnMessage = (message, _) =>
        {
            receiver(new Delivery(message));
            return ValueTask.CompletedTask;
        },
    };

    private static async ValueTask<LinkOutcome> SubscribeAsync(
        MqttClientConnection connection, ImmutableArray<string> topics, CancellationToken cancel)
    {
        ImmutableArray<MqttSubscription> wanted = [.. topics.Select(t => new MqttSubscription(t, MqttQos.AtLeastOnce))];
        MqttSubscribeOutcome outcome = await connection.SubscribeAsync(wanted, cancel).ConfigureAwait(false);
        if (outcome is MqttSubscribeOutcome.Answered { IsGranted: true })
        {
            return new LinkOutcome.Connected(new Connection(connection));
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        string all = string.Join(", ", topics);
        string why = outcome is MqttSubscribeOutcome.Answered answered
            ? $"the broker did not grant {all}: {string.Join(", ", answered.Reasons)}"
            : $"the connection ended before {all} was granted";
        return new LinkOutcome.Unreachable(new Problem(AgentErrors.Unreachable.Code, why));
    }

    private static LinkOutcome Explain(MqttClosed closed)
    {
        Problem problem = Of(closed.ToFinding());
        return closed.By == MqttCloseBy.Peer ? new LinkOutcome.Refused(problem) : new LinkOutcome.Unreachable(problem);
    }

    private static Problem Of(Finding finding) => new(finding.Code, finding.Message);

    private sealed class Connection(MqttClientConnection connection) : ILinkConnection
    {
        public Task<string> Closed { get; } = WhyAsync(connection);

        public async ValueTask<PublishOutcome> PublishAsync(
            string topic, ReadOnlyMemory<byte> payload, CancellationToken cancel)
        {
            MqttPublishOutcome outcome = await connection.PublishAsync(
                topic, payload, MqttQos.AtLeastOnce, cancel).ConfigureAwait(false);
            return outcome switch
            {
                MqttPublishOutcome.Answered answered => answered.Reason.IsFailure()
                    ? new PublishOutcome.Refused($"{answered.Reason} {answered.ReasonString}")
                    : new PublishOutcome.Done(),
                MqttPublishOutcome.NotSent refused => new PublishOutcome.Refused(refused.Error.ToString() ?? ""),
                MqttPublishOutcome.ConnectionEnded => new PublishOutcome.Lost(),
                _ => throw Check.Unreachable(outcome),
            };
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();

        private static async Task<string> WhyAsync(MqttClientConnection connection) =>
            (await connection.Closed.ConfigureAwait(false)).Message;
    }

    private sealed class Delivery(MqttIncomingMessage message) : LinkDelivery
    {
        public override string Topic => message.Message.Topic;

        public override ReadOnlyMemory<byte> Payload => message.Message.Payload;

        public override ValueTask AcknowledgeAsync()
        {
            message.Acknowledge();
            return ValueTask.CompletedTask;
        }
    }
}
