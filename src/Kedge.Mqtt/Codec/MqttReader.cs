using System.Buffers;
using Kedge.Core;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>
/// Reads control packets of MQTT 5.0 and 3.1.1 from bytes.
/// <para>Problem: bytes come in pieces, from strangers. Approach: nothing is decoded before the whole packet is there,
/// and its
/// announced length is held against the limit first. Invariants: no input throws, none allocates more than a small
/// multiple of
/// its own length, and the verdict on a packet does not depend on how its bytes were cut. Deliberately absent: session
/// state; a packet that is
/// well formed but comes at the wrong time is for the sessions to judge.</para>
/// </summary>
public static class MqttReader
{
    /// <summary>Reads the first packet of <paramref name="input"/>.</summary>
    /// <param name="input">Bytes from the start of a packet on; may hold more than one.</param>
    /// <param name="version">That of the connection; CONNECT names its own, and while it is unknown nothing else is
    /// taken.</param>
    /// <param name="limits">What is taken at most.</param>
    /// <returns>Done, more needed, or invalid; see <see cref="MqttReadResult"/>.</returns>
    public static MqttReadResult Read(ReadOnlySpan<byte> input, MqttVersion version, MqttReadLimits limits)
    {
        MqttReadResult frame = ReadFrame(input, version, limits, out int headerBytes);
        if (frame.Status != MqttReadStatus.Done)
        {
            return frame;
        }

        var cursor = new PacketCursor(input[headerBytes..frame.Bytes]);
        var context = new DecodeContext((byte)(input[0] & 0x0F), version, limits);
        MqttPacket packet = Decode((MqttPacketKind)(input[0] >> 4), ref cursor, context);
        if (cursor.Remaining > 0)
        {
            cursor.Malformed("A packet is longer than its fields.");
        }

        return cursor.Error is { } error ? MqttReadResult.Invalid(error) : MqttReadResult.Done(packet, frame.Bytes);
    }

    /// <summary>
    /// Reads the first packet of a sequence: in place when it lies in one piece, else from a rented copy.
    /// </summary>
    public static MqttReadResult Read(in ReadOnlySequence<byte> input, MqttVersion version, MqttReadLimits limits)
    {
        MqttReadResult first = Read(input.FirstSpan, version, limits);
        if (first.Status != MqttReadStatus.NeedMore || input.IsSingleSegment)
        {
            return first;
        }

        int wanted = first.Bytes;
        if (wanted == 0)
        {
            // The header itself is cut: at most five bytes decide.
            Span<byte> header = stackalloc byte[(int)Math.Min(5, input.Length)];
            input.Slice(0, header.Length).CopyTo(header);
            first = ReadFrame(header, version, limits, out _);
            if (first.Status == MqttReadStatus.Invalid || first.Bytes == 0)
            {
                return first;
            }

            wanted = first.Bytes;
        }

        if (wanted > input.Length)
        {
            return MqttReadResult.More(wanted);
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(wanted);
        input.Slice(0, wanted).CopyTo(copy);
        MqttReadResult result = Read(copy.AsSpan(0, wanted), version, limits);
        ArrayPool<byte>.Shared.Return(copy);
        return result;
    }

    private static MqttReadResult ReadFrame(
        ReadOnlySpan<byte> input, MqttVersion version, MqttReadLimits limits, out int headerBytes)
    {
        headerBytes = 0;
        if (input.IsEmpty)
        {
            return MqttReadResult.More(0);
        }

        if (CheckFirstByte(input[0], version) is { } error)
        {
            return MqttReadResult.Invalid(error);
        }

        MqttReadStatus status = VariableByteInteger.Read(input[1..], out uint bodyBytes, out int lengthBytes);
        if (status != MqttReadStatus.Done)
        {
            return status == MqttReadStatus.NeedMore
                ? MqttReadResult.More(0)
                : MqttReadResult.Invalid(new MqttProtocolError(
                    MqttReasonCode.MalformedPacket, "The remaining length is too long or not in its shortest form."));
        }

        headerBytes = 1 + lengthBytes;
        int bytes = headerBytes + (int)bodyBytes;
        if (bytes > limits.PacketBytesMax)
        {
            return MqttReadResult.Invalid(new MqttProtocolError(
                MqttReasonCode.PacketTooLarge, "A packet is larger than this side takes."));
        }

        return bytes > input.Length
            ? MqttReadResult.More(bytes)
            : new MqttReadResult(MqttReadStatus.Done, null, bytes, null);
    }

    private static MqttProtocolError? CheckFirstByte(byte first, MqttVersion version)
    {
        var kind = (MqttPacketKind)(first >> 4);
        int flags = first & 0x0F;
        if (version == MqttVersion.Unknown && kind != MqttPacketKind.Connect)
        {
            return new MqttProtocolError(MqttReasonCode.ProtocolError, "The first packet is not CONNECT.");
        }

        if (kind == MqttPacketKind.Unknown || (kind == MqttPacketKind.Auth && version == MqttVersion.V311))
        {
            return new MqttProtocolError(MqttReasonCode.MalformedPacket, "The packet type is reserved.");
        }

        if (kind == MqttPacketKind.Publish)
        {
            return (flags & 0x06) == 0x06
                ? new MqttProtocolError(MqttReasonCode.MalformedPacket, "A PUBLISH has QoS 3.")
                : null;
        }

        int expected = kind is MqttPacketKind.PubRel or MqttPacketKind.Subscribe or MqttPacketKind.Unsubscribe ? 2 : 0;
        return flags == expected
            ? null
            : new MqttProtocolError(MqttReasonCode.MalformedPacket, "Reserved flags of the first byte are set.");
    }

    private static MqttPacket Decode(MqttPacketKind kind, ref PacketCursor cursor, in DecodeContext context) =>
        kind switch
        {
            MqttPacketKind.Connect => ConnectDecoder.Connect(ref cursor, context.Limits),
            MqttPacketKind.ConnAck => ConnectDecoder.ConnAck(ref cursor, context),
            MqttPacketKind.Publish => PublishDecoder.Publish(ref cursor, context),
            MqttPacketKind.PubAck or MqttPacketKind.PubRec or MqttPacketKind.PubRel or MqttPacketKind.PubComp
                => PublishDecoder.Answer(kind, ref cursor, context),
            MqttPacketKind.Subscribe => SubscribeDecoder.Subscribe(ref cursor, context),
            MqttPacketKind.SubAck => SubscribeDecoder.SubAck(ref cursor, context),
            MqttPacketKind.Unsubscribe => SubscribeDecoder.Unsubscribe(ref cursor, context),
            MqttPacketKind.UnsubAck => SubscribeDecoder.UnsubAck(ref cursor, context),
            MqttPacketKind.PingReq => new MqttPacket.PingReq(),
            MqttPacketKind.PingResp => new MqttPacket.PingResp(),
            MqttPacketKind.Disconnect => ConnectDecoder.Disconnect(ref cursor, context),
            MqttPacketKind.Auth => ConnectDecoder.Auth(ref cursor, context),
            MqttPacketKind.Unknown => throw Check.Unreachable(kind),
        };
}
