using System.Buffers;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>
/// Writes control packets. Strict: what the standard forbids is refused before a byte is written. On 3.1.1 connections
/// properties and reason codes have no place and are left out.
/// </summary>
public static class MqttWriter
{
    private static readonly MqttProtocolError TooLarge =
        new(MqttReasonCode.PacketTooLarge, "A packet is larger than the peer takes.");

    /// <summary>Writes one packet.</summary>
    /// <param name="output">Gets the whole packet, or nothing.</param>
    /// <param name="packet">What to write.</param>
    /// <param name="version">That of the connection; CONNECT names its own.</param>
    /// <param name="packetBytesMax">Largest packet that the peer takes. An acknowledgement that is larger loses its
    /// reason
    /// string, then its user properties (MQTT-3.2.2-19 and its like); any other packet is refused.</param>
    /// <returns>Null when written; else why not.</returns>
    public static MqttProtocolError? Write(
        IBufferWriter<byte> output,
        MqttPacket packet,
        MqttVersion version,
        uint packetBytesMax = MqttReadLimits.StandardPacketBytesMax)
    {
        version = packet is MqttPacket.Connect connect ? connect.Version : version;
        if (Measure(packet, version, out int bodyBytes) is { } error)
        {
            return error;
        }

        int bytes = 1 + VariableByteInteger.Length((uint)bodyBytes) + bodyBytes;
        if (bytes > packetBytesMax)
        {
            return Shorter(packet) is { } shorter
                ? Write(output, shorter, version, packetBytesMax)
                : TooLarge;
        }

        PacketSink sink = PacketSink.Over(output.GetSpan(bytes)[..bytes]);
        sink.U8((byte)(((int)packet.Kind << 4) | Flags(packet)));
        sink.VarInt((uint)bodyBytes);
        PacketEncoder.Body(ref sink, packet, version);
        Core.Check.That(sink.Bytes == bytes);
        output.Advance(bytes);
        return null;
    }

    /// <summary>What <see cref="Write"/> would answer, without writing: null when the packet may be sent.</summary>
    public static MqttProtocolError? Check(MqttPacket packet, MqttVersion version, uint packetBytesMax)
    {
        if (Measure(packet, version, out int bodyBytes) is { } error)
        {
            return error;
        }

        int bytes = 1 + VariableByteInteger.Length((uint)bodyBytes) + bodyBytes;
        return bytes > packetBytesMax && Shorter(packet) is null ? TooLarge : null;
    }

    private static MqttProtocolError? Measure(MqttPacket packet, MqttVersion version, out int bodyBytes)
    {
        PacketSink counter = PacketSink.Counter();
        PacketEncoder.Body(ref counter, packet, version);
        counter.Require((uint)counter.Bytes <= VariableByteInteger.Max, "A packet is larger than the standard knows.");
        bodyBytes = counter.Bytes;
        return counter.Error;
    }

    private static MqttPacket? Shorter(MqttPacket packet)
    {
        MqttProperties properties = packet.Properties;
        if (packet.Kind is MqttPacketKind.Connect or MqttPacketKind.Publish or MqttPacketKind.Subscribe
            or MqttPacketKind.Unsubscribe)
        {
            return null;
        }

        if (properties.ReasonString is not null)
        {
            return packet with { Properties = properties with { ReasonString = null } };
        }

        return properties.UserProperties.IsEmpty
            ? null
            : packet with { Properties = properties with { UserProperties = [] } };
    }

    private static int Flags(MqttPacket packet) => packet switch
    {
        MqttPacket.Publish p => (p.Duplicate ? 8 : 0) | ((int)p.Qos << 1) | (p.Retain ? 1 : 0),
        MqttPacket.PubRel or MqttPacket.Subscribe or MqttPacket.Unsubscribe => 2,
        _ => 0,
    };
}
