using System.Buffers.Binary;

namespace Kedge.Onnx;

/// <summary>Walks one protocol-buffers message (encoding: protobuf.dev, "Encoding") without allocating. Every method
/// returns false where the bytes are not well formed; after that the reader is of no more use.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, long offset)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private readonly long _offset = offset;
    private int _position;

    /// <summary>Where in the message the next field begins.</summary>
    public readonly int Position => _position;

    /// <summary>True when the whole message has been read.</summary>
    public readonly bool AtEnd => _position == _message.Length;

    /// <summary>Reads the key of the next field. Groups (wire types 3 and 4) are refused: ONNX has none.</summary>
    public bool TryField(out int number, out WireType wire)
    {
        number = 0;
        wire = WireType.Varint;
        if (!TryVarint(out ulong key) || key > uint.MaxValue)
        {
            return false;
        }

        number = (int)(key >> 3);
        wire = (WireType)(key & 7);
        return number > 0 && wire is WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32;
    }

    public bool TryVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (_position >= _message.Length)
            {
                return false;
            }

            byte next = _message[_position++];
            if (shift == 63 && next > 1)
            {
                return false;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads a length and that many bytes; a length beyond the message is refused, nothing is copied.
    /// </summary>
    public bool TryBytes(out ReadOnlySpan<byte> bytes, out long offset)
    {
        bytes = default;
        offset = 0;
        if (!TryVarint(out ulong length) || length > (ulong)(_message.Length - _position))
        {
            return false;
        }

        offset = _offset + _position;
        bytes = _message.Slice(_position, (int)length);
        _position += (int)length;
        return true;
    }

    public bool TryMessage(out ProtoReader inner)
    {
        bool read = TryBytes(out ReadOnlySpan<byte> bytes, out long offset);
        inner = new ProtoReader(bytes, offset);
        return read;
    }

    public bool TryFixed32(out uint value)
    {
        bool read = BinaryPrimitives.TryReadUInt32LittleEndian(_message[_position..], out value);
        _position += read ? 4 : 0;
        return read;
    }

    public bool TrySkip(WireType wire) => wire switch
    {
        WireType.Varint => TryVarint(out _),
        WireType.Fixed64 => TryAdvance(8),
        WireType.Bytes => TryBytes(out _, out _),
        WireType.Fixed32 => TryAdvance(4),
    };

    private bool TryAdvance(int bytes)
    {
        if (bytes > _message.Length - _position)
        {
            return false;
        }

        _position += bytes;
        return true;
    }
}

/// <summary>Wire types of protocol buffers; the numbers are those on the wire, so 0 has a meaning of its own.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
