using System.Security.Cryptography.X509Certificates;
using Kedge.ControlPlane.Auth;
using Kedge.Core.Errors;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Transport;

namespace Kedge.ControlPlane.Link;

/// <summary>One device's MQTT connection: turns packets into calls of <see cref="DeviceLink"/> and back.</summary>
internal sealed class MqttDevice(DeviceLink link, X509Certificate2? certificate) : IMqttServerHandler, IDeviceConnection
{
    private MqttServerConnection? _connection;
    private DeviceSession? _session;
    private Task _lastReport = Task.CompletedTask;

    public async ValueTask<MqttConnectDecision> ConnectAsync(
        MqttServerConnection connection, MqttPacket.Connect connect, CancellationToken cancellationToken)
    {
        _connection = connection;
        LinkAdmission admission =
            await link.ConnectAsync(certificate, this, cancellationToken).ConfigureAwait(false);
        switch (admission)
        {
            case LinkAdmission.Admitted(var session):
                _session = session;
                return new MqttConnectDecision.Accept(session.Identity.Device.ToString());
            case LinkAdmission.Refused(var why):
                return new MqttConnectDecision.Refuse(ReasonOf(why), why.ToString());
            default:
                throw Core.Check.Unreachable(admission);
        }
    }

    public ValueTask<MqttReasonCode> SubscribeAsync(
        MqttSubscription subscription, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_session is not null && link.Subscribe(_session, subscription.Filter)
            ? MqttReasonCode.GrantedQos1
            : MqttReasonCode.NotAuthorized);

    public ValueTask<MqttReasonCode> UnsubscribeAsync(string filter, CancellationToken cancellationToken)
    {
        if (_session is not null)
        {
            link.Unsubscribe(_session, filter);
        }

        return ValueTask.FromResult(MqttReasonCode.Success);
    }

    /// <summary>Reports of one device are committed one after the other: their sequence only grows.</summary>
    public ValueTask<MqttPublishAnswer> PublishAsync(MqttPacket.Publish message, CancellationToken cancellationToken)
    {
        Task<MqttPublishAnswer> answer = InOrderAsync(_lastReport, message, cancellationToken);
        _lastReport = answer;
        return new ValueTask<MqttPublishAnswer>(answer);
    }

    public ValueTask DisconnectedAsync(MqttClosed closed)
    {
        if (_session is not null)
        {
            link.Disconnected(_session);
        }

        return ValueTask.CompletedTask;
    }

    public bool TrySend(string leaf, ReadOnlyMemory<byte> payload, Action<bool> answered)
    {
        if (_connection is null || _session is null || _connection.Closed.IsCompleted)
        {
            return false;
        }

        MqttPacket.Publish message = new()
        {
            Topic = Wire.Topics.Of(_session.Identity.Tenant, _session.Identity.Device, leaf),
            Payload = payload,
            Qos = MqttQos.AtLeastOnce,
        };
        Task<MqttPublishOutcome> sent = _connection.PublishAsync(message, CancellationToken.None);
        // The outcome never faults and comes at the latest when the connection ends.
        _ = sent.ContinueWith(
            outcome => answered(outcome.IsCompletedSuccessfully && outcome.Result.IsTaken),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
        return true;
    }

    /// <summary>
    /// Banned is a word of CONNACK only; DISCONNECT says the same by "administrative action" (MQTT 5.0 §3.14.2.1).
    /// </summary>
    public void Close(Finding why)
    {
        MqttReasonCode reason = ReasonOf(why);
        _connection?.Disconnect(
            reason == MqttReasonCode.Banned ? MqttReasonCode.AdministrativeAction : reason, why.ToString());
    }

    private async Task<MqttPublishAnswer> InOrderAsync(
        Task before, MqttPacket.Publish message, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(false);
        if (_session is null)
        {
            return new MqttPublishAnswer(MqttReasonCode.NotAuthorized);
        }

        LinkAnswer answer = await link
            .PublishAsync(_session, message.Topic, message.Payload, cancellationToken).ConfigureAwait(false);
        return answer switch
        {
            LinkAnswer.Committed => MqttPublishAnswer.Committed,
            LinkAnswer.Malformed => new MqttPublishAnswer(MqttReasonCode.PayloadFormatInvalid),
            LinkAnswer.NotAllowed => new MqttPublishAnswer(MqttReasonCode.NotAuthorized),
            LinkAnswer.Closing => new MqttPublishAnswer(MqttReasonCode.NotAuthorized),
            LinkAnswer.Unknown => throw Core.Check.Unreachable(answer),
        };
    }

    private static MqttReasonCode ReasonOf(Finding why) => why.Code switch
    {
        _ when why.Code == EnrolErrors.Revoked.Code => MqttReasonCode.Banned,
        _ when why.Code == EnrolErrors.Cloned.Code => MqttReasonCode.SessionTakenOver,
        _ => MqttReasonCode.NotAuthorized,
    };
}
