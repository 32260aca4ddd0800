using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>The answer of <see cref="MqttReader"/>.</summary>
/// <param name="Status">Decides which of the others are set.</param>
/// <param name="Packet">Set when done.</param>
/// <param name="Bytes">When done: bytes consumed. When more is needed: bytes of the whole packet, or 0 while
/// unknown.</param>
/// <param name="Error">Set when invalid.</param>
public readonly record struct MqttReadResult(
    MqttReadStatus Status, MqttPacket? Packet, int Bytes, MqttProtocolError? Error)
{
    internal static MqttReadResult More(int bytes) => new(MqttReadStatus.NeedMore, null, bytes, null);

    internal static MqttReadResult Done(MqttPacket packet, int bytes) => new(MqttReadStatus.Done, packet, bytes, null);

    internal static MqttReadResult Invalid(MqttProtocolError error) => new(MqttReadStatus.Invalid, null, 0, error);
}
