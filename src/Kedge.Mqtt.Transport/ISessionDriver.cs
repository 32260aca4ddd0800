using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;

namespace Kedge.Mqtt.Transport;

/// <summary>What <see cref="Link"/> needs of a session, whichever end it is.</summary>
internal interface ISessionDriver
{
    TimeSpan? NextDeadline { get; }

    uint PeerPacketBytesMax { get; }

    MqttVersion Version { get; }

    MqttReadLimits Limits { get; }

    ImmutableArray<MqttEffect> Receive(MqttPacket packet, TimeSpan now);

    ImmutableArray<MqttEffect> ReceiveInvalid(MqttProtocolError error, TimeSpan now);

    ImmutableArray<MqttEffect> Publish(long token, MqttPacket.Publish message, TimeSpan now);

    ImmutableArray<MqttEffect> Disconnect(MqttReasonCode reason, string message, TimeSpan now);

    ImmutableArray<MqttEffect> Lose(string message, TimeSpan now);

    ImmutableArray<MqttEffect> Tick(TimeSpan now);

    void Resume(TimeSpan now);

    /// <summary>Runs one effect that only this end knows, outside the gate and in order.</summary>
    ValueTask RunAsync(MqttEffect effect, CancellationToken cancellationToken);
}
