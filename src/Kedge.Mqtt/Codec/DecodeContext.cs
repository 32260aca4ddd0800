using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>What a decoder knows beside the body.</summary>
/// <param name="Flags">The low half of the first byte.</param>
/// <param name="Version">That of the connection.</param>
/// <param name="Limits">What is taken at most.</param>
internal readonly record struct DecodeContext(byte Flags, MqttVersion Version, MqttReadLimits Limits)
{
    public bool IsV5 => Version == MqttVersion.V5;

    public MqttProperties Properties(ref PacketCursor cursor, MqttPacketKind home) =>
        IsV5 ? PropertyReader.Read(ref cursor, home, Limits) : MqttProperties.None;

    /// <summary>A reason code that this kind of packet may carry.</summary>
    public static MqttReasonCode Reason(ref PacketCursor cursor, MqttPacketKind home)
    {
        var reason = (MqttReasonCode)cursor.U8();
        if (!MqttReasonCodes.IsAllowed(home, reason))
        {
            cursor.Forbidden("A reason code has no place in this packet.");
        }

        return reason;
    }
}
