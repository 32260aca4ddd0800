using System.Threading.Channels;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Transport;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>A server's handler whose answers a test gives.</summary>
public sealed class ScriptedHandler : IMqttServerHandler
{
    public Func<MqttPacket.Publish, ValueTask<MqttPublishAnswer>> OnPublish { get; init; } =
        _ => ValueTask.FromResult(MqttPublishAnswer.Committed);

    public Action<MqttServerConnection, MqttSubscription> OnSubscribe { get; init; } = (_, _) => { };

    public TaskCompletionSource<MqttServerConnection> Connected { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<MqttClosed> Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Channel<MqttPacket.Publish> Published { get; } = Channel.CreateUnbounded<MqttPacket.Publish>();

    public ValueTask<MqttConnectDecision> ConnectAsync(
        MqttServerConnection connection, MqttPacket.Connect connect, CancellationToken cancellationToken)
    {
        Connected.SetResult(connection);
        return ValueTask.FromResult<MqttConnectDecision>(new MqttConnectDecision.Accept("assigned"));
    }

    public ValueTask<MqttReasonCode> SubscribeAsync(MqttSubscription subscription, CancellationToken cancellationToken)
    {
        OnSubscribe(Connected.Task.Result, subscription);
        return ValueTask.FromResult(MqttReasonCode.GrantedQos1);
    }

    public ValueTask<MqttReasonCode> UnsubscribeAsync(string filter, CancellationToken cancellationToken) =>
        ValueTask.FromResult(MqttReasonCode.Success);

    public ValueTask<MqttPublishAnswer> PublishAsync(MqttPacket.Publish message, CancellationToken cancellationToken)
    {
        Published.Writer.TryWrite(message);
        return OnPublish(message);
    }

    public ValueTask DisconnectedAsync(MqttClosed closed)
    {
        Gone.SetResult(closed);
        return ValueTask.CompletedTask;
    }
}
