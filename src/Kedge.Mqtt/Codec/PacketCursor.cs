using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Codec;

/// <summary>
/// Reads the fields of one whole packet body. The first mistake is kept and empties the cursor: later reads return
/// defaults, so
/// a decoder checks <see cref="Error"/> once, at its end. Lengths are compared with what is there before anything is
/// allocated.
/// </summary>
internal ref struct PacketCursor(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public MqttProtocolError? Error { get; private set; }

    public readonly int Remaining => _rest.Length;

    public void Fail(MqttReasonCode reason, string message)
    {
        Error ??= new MqttProtocolError(reason, message);
        _rest = default;
    }

    public void Malformed(string message) => Fail(MqttReasonCode.MalformedPacket, message);

    public void Forbidden(string message) => Fail(MqttReasonCode.ProtocolError, message);

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            Malformed("A field is longer than its packet.");
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public byte U8()
    {
        ReadOnlySpan<byte> bytes = Take(1);
        return bytes.IsEmpty ? (byte)0 : bytes[0];
    }

    public ushort U16()
    {
        ReadOnlySpan<byte> bytes = Take(2);
        return bytes.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    public uint U32()
    {
        ReadOnlySpan<byte> bytes = Take(4);
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public uint VarInt()
    {
        if (VariableByteInteger.Read(_rest, out uint value, out int length) != MqttReadStatus.Done)
        {
            Malformed("A variable byte integer is cut off, too long or not in its shortest form.");
            return 0;
        }

        _rest = _rest[length..];
        return value;
    }

    /// <summary>A UTF-8 string of the standard: well formed, no U+0000, a byte order mark kept (§1.5.4).</summary>
    public string Text()
    {
        ReadOnlySpan<byte> bytes = Take(U16());
        if (bytes.IsEmpty)
        {
            return "";
        }

        if (!Utf8.IsValid(bytes) || bytes.Contains((byte)0))
        {
            Malformed("A string is not well-formed UTF-8 or holds U+0000.");
            return "";
        }

        return Encoding.UTF8.GetString(bytes);
    }

    public ReadOnlyMemory<byte> Binary() => Take(U16()).ToArray();

    public ReadOnlyMemory<byte> TakeRest() => Take(_rest.Length).ToArray();

    public bool? Flag(string name)
    {
        byte value = U8();
        if (value > 1)
        {
            Forbidden($"{name} is neither 0 nor 1.");
        }

        return value == 1;
    }

    public ushort PacketId()
    {
        ushort id = U16();
        if (id == 0)
        {
            Forbidden("A packet identifier is 0.");
        }

        return id;
    }

    /// <summary>Cuts a block off, to be read by a cursor of its own.</summary>
    public PacketCursor Block(uint bytes) => new(Take((int)bytes));

    /// <summary>Takes over a block's mistake, and finds bytes that nobody read.</summary>
    public void Close(in PacketCursor block)
    {
        if (block.Error is { } error)
        {
            Fail(error.Reason, error.Message);
        }
    }
}
