using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>Why bytes are no packet, or a packet may not be sent.</summary>
/// <param name="Reason">The code for CONNACK or DISCONNECT.</param>
/// <param name="Message">One sentence that names the rule; never holds the peer's bytes.</param>
public sealed record MqttProtocolError(MqttReasonCode Reason, string Message);
