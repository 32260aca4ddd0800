using System.Buffers;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>Packets to bytes and back, for tests.</summary>
public static class Codecs
{
    public static readonly MqttReadLimits Limits = new();

    public static byte[] Write(MqttPacket packet, MqttVersion version)
    {
        var output = new ArrayBufferWriter<byte>();
        MqttProtocolError? error = MqttWriter.Write(output, packet, version);
        Assert.Null(error);
        return output.WrittenSpan.ToArray();
    }

    public static MqttProtocolError? Refusal(MqttPacket packet, MqttVersion version = MqttVersion.V5)
    {
        var output = new ArrayBufferWriter<byte>();
        MqttProtocolError? error = MqttWriter.Write(output, packet, version);
        Assert.True(error is null || output.WrittenCount == 0);
        return error;
    }

    public static MqttPacket Read(byte[] bytes, MqttVersion version)
    {
        MqttReadResult result = MqttReader.Read(bytes, version, Limits);
        Assert.True(result.Status == MqttReadStatus.Done, result.ToString());
        Assert.Equal(bytes.Length, result.Bytes);
        return result.Packet!;
    }

    /// <summary>A sequence of the given pieces.</summary>
    public static ReadOnlySequence<byte> Sequence(params byte[][] pieces)
    {
        Piece first = new(pieces[0], null);
        Piece last = first;
        foreach (byte[] piece in pieces.Skip(1))
        {
            last = new Piece(piece, last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, Piece? before)
        {
            Memory = bytes;
            RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
            before?.Next = this;
        }
    }
}
