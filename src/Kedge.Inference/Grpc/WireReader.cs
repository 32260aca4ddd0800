using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Reads the fields of one protobuf message that lies whole in memory. Bytes that are no message end the reading with
/// <see cref="IsBroken"/>; nothing is thrown, allocated or copied. Nested messages are read by a reader of their own,
/// so that depth is bounded by what the program descends into: skipping never descends, and groups are refused.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int FieldMax = (1 << 29) - 1;
    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    /// <summary>True once the bytes were found to be no message.</summary>
    internal bool IsBroken { readonly get; private set; }

    /// <summary>Number of the field that <see cref="TryNext"/> came to.</summary>
    internal int Field { readonly get; private set; }

    /// <summary>How its value lies on the wire.</summary>
    internal WireKind Kind { readonly get; private set; }

    /// <summary>
    /// Its value where it is <see cref="WireKind.Bytes"/>: bytes, text, a message or packed numbers.
    /// </summary>
    internal ReadOnlySpan<byte> Bytes { readonly get; private set; }

    /// <summary>Its value where it is a number of another kind.</summary>
    internal ulong Number { readonly get; private set; }

    /// <summary>True at a field of this number and kind.</summary>
    internal readonly bool Is(int field, WireKind kind) => Field == field && Kind == kind;

    /// <summary>Reads the next field, number and value; false at the end or where it is broken.</summary>
    internal bool TryNext()
    {
        if (_position == _message.Length)
        {
            return false;
        }

        if (!TryVarint(_message, ref _position, out ulong tag) || tag >> 3 is 0 or > FieldMax)
        {
            IsBroken = true;
            return false;
        }

        Field = (int)(tag >> 3);
        Kind = (WireKind)(tag & 7);
        IsBroken = !TryValue();
        return !IsBroken;
    }

    /// <summary>Reads a varint; false where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryVarint(ReadOnlySpan<byte> bytes, ref int position, out ulong value)
    {
        if ((uint)position < (uint)bytes.Length && bytes[position] < 0x80)
        {
            value = bytes[position++];
            return true;
        }

        return TryLongVarint(bytes, ref position, out value);
    }

    private static bool TryLongVarint(ReadOnlySpan<byte> bytes, ref int position, out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if ((uint)position >= (uint)bytes.Length)
            {
                return false;
            }

            byte next = bytes[position++];

            // Of the tenth byte one bit counts; the others are dropped, as every reader of protobuf does.
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryValue()
    {
        ReadOnlySpan<byte> rest;
        switch (Kind)
        {
            case WireKind.Varint:
                bool found = TryVarint(_message, ref _position, out ulong number);
                Number = number;
                return found;
            case WireKind.Bytes:
                if (!TryVarint(_message, ref _position, out ulong length)
                    || length > (ulong)(_message.Length - _position))
                {
                    return false;
                }

                Bytes = _message.Slice(_position, (int)length);
                _position += (int)length;
                return true;
            case WireKind.Fixed32:
                rest = _message[_position..];
                Number = rest.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(rest);
                _position += sizeof(uint);
                return rest.Length >= sizeof(uint);
            case WireKind.Fixed64:
                rest = _message[_position..];
                Number = rest.Length < sizeof(ulong) ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(rest);
                _position += sizeof(ulong);
                return rest.Length >= sizeof(ulong);
            default:
                return false; // A group, or a kind that does not exist.
        }
    }
}
