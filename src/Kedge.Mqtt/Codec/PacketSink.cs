using System.Buffers.Binary;
using System.Text;
using Kedge.Core;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>
/// Counts or writes the fields of one packet: an encoder runs twice, first over a sink without a span to learn the
/// length and
/// to meet every mistake, then over a span of just that length. Hence a packet that may not be sent leaves no byte
/// behind.
/// </summary>
internal ref struct PacketSink
{
    private readonly Span<byte> _output;
    private readonly bool _counts;

    private PacketSink(Span<byte> output, bool counts)
    {
        _output = output;
        _counts = counts;
    }

    public int Bytes { get; private set; }

    public MqttProtocolError? Error { get; private set; }

    public static PacketSink Counter() => new(default, counts: true);

    public static PacketSink Over(Span<byte> output) => new(output, counts: false);

    public void Fail(MqttReasonCode reason, string message) => Error ??= new MqttProtocolError(reason, message);

    public void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            Fail(MqttReasonCode.ProtocolError, otherwise);
        }
    }

    public void U8(byte value)
    {
        if (!_counts)
        {
            _output[Bytes] = value;
        }

        Bytes++;
    }

    public void U16(ushort value)
    {
        if (!_counts)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_output[Bytes..], value);
        }

        Bytes += 2;
    }

    public void U32(uint value)
    {
        if (!_counts)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_output[Bytes..], value);
        }

        Bytes += 4;
    }

    public void VarInt(uint value)
    {
        if (value > VariableByteInteger.Max)
        {
            Fail(MqttReasonCode.ProtocolError, "A number is above 268,435,455.");
            return;
        }

        do
        {
            uint part = value & 0x7F;
            value >>= 7;
            U8((byte)(value > 0 ? part | 0x80 : part));
        }
        while (value > 0);
    }

    public void PacketId(ushort id)
    {
        Require(id != 0, "A packet identifier is 0.");
        U16(id);
    }

    public void Text(string text)
    {
        if (_counts)
        {
            CountText(text);
            return;
        }

        int bytes = Encoding.UTF8.GetBytes(text, _output[(Bytes + 2)..]);
        U16((ushort)bytes);
        Bytes += bytes;
    }

    private void CountText(string text)
    {
        if (text.Contains('\0') || !IsWellFormed(text))
        {
            Fail(MqttReasonCode.ProtocolError, "A text holds U+0000 or half a surrogate pair.");
            return;
        }

        int bytes = Encoding.UTF8.GetByteCount(text);
        Require(bytes <= ushort.MaxValue, "A text is longer than 65,535 bytes.");
        Bytes += 2 + bytes;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        int at;
        while ((at = text.IndexOfAnyInRange('\uD800', '\uDFFF')) >= 0)
        {
            if (Rune.DecodeFromUtf16(text[at..], out _, out int used) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            text = text[(at + used)..];
        }

        return true;
    }

    public void Binary(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length <= ushort.MaxValue, "A binary field is longer than 65,535 bytes.");
        U16((ushort)bytes.Length);
        Raw(bytes);
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (!_counts)
        {
            bytes.CopyTo(_output[Bytes..]);
        }

        Bytes += bytes.Length;
    }

    /// <summary>Takes over what a counting sink found.</summary>
    public void Close(in PacketSink other)
    {
        Check.That(other._counts);
        Error ??= other.Error;
    }
}
