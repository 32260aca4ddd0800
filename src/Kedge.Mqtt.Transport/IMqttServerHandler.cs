using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// What a server decides about one client's connection; one handler for each. All but <see cref="PublishAsync"/> are
/// called one after another,
/// and nothing more is read from the client until they end, so none may wait for an answer of the same client.
/// </summary>
public interface IMqttServerHandler
{
    /// <summary>A client asks for a connection.</summary>
    /// <param name="connection">For sending to this client, from the moment it is accepted.</param>
    /// <param name="connect">Client identifier, user name, will and the rest.</param>
    /// <param name="cancellationToken">Ends with the connection.</param>
    ValueTask<MqttConnectDecision> ConnectAsync(
        MqttServerConnection connection, MqttPacket.Connect connect, CancellationToken cancellationToken);

    /// <summary>
    /// A client asks for one filter, already checked to be valid and neither shared nor, where switched off, with
    /// wildcards.
    /// </summary>
    /// <returns>The granted QoS, 0 or 1, or a refusal that SUBACK may carry.</returns>
    ValueTask<MqttReasonCode> SubscribeAsync(MqttSubscription subscription, CancellationToken cancellationToken);

    /// <summary>A client gives up one filter.</summary>
    /// <returns>Success, or <see cref="MqttReasonCode.NoSubscriptionExisted"/>.</returns>
    ValueTask<MqttReasonCode> UnsubscribeAsync(string filter, CancellationToken cancellationToken);

    /// <summary>
    /// A message of the client, topic alias resolved. At QoS 1 its PUBACK leaves when the task ends; up to the
    /// announced receive maximum
    /// run at a time, and answers leave in the order of the messages. At QoS 0 the task is awaited before the next
    /// packet is read.
    /// </summary>
    ValueTask<MqttPublishAnswer> PublishAsync(MqttPacket.Publish message, CancellationToken cancellationToken);

    /// <summary>
    /// The connection has ended. Called once if <see cref="ConnectAsync"/> was called, after every other call has
    /// ended.
    /// A will is due unless <see cref="MqttClosed.Graceful"/>.
    /// </summary>
    ValueTask DisconnectedAsync(MqttClosed closed);
}
