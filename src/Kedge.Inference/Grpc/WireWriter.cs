using System.Buffers;
using System.Numerics;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Writes protobuf fields. Lengths come before contents, so whoever writes a nested message knows its size first: the
/// static methods measure what the others write.
/// </summary>
/// <param name="output">Takes the bytes; it is advanced with every field.</param>
internal readonly struct WireWriter(IBufferWriter<byte> output)
{
    private const int VarintBytesMax = 10;

    /// <summary>Bytes of a number as varint: 1..10.</summary>
    internal static int Size(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Bytes of a number as varint; a negative one takes ten.</summary>
    internal static int Size(long value) => Size((ulong)value);

    /// <summary>Bytes of a field of this many bytes, with its number and its length.</summary>
    internal static long FieldSize(int field, long byteCount) =>
        Size((ulong)field << 3) + Size((ulong)byteCount) + byteCount;

    /// <summary>The same, and nothing where there are no bytes: what is empty is left out.</summary>
    internal static long TextSize(int field, int byteCount) => byteCount == 0 ? 0 : FieldSize(field, byteCount);

    /// <summary>Begins a field whose content is written next.</summary>
    internal void Begin(int field, long byteCount)
    {
        Span<byte> room = output.GetSpan(2 * VarintBytesMax);
        int length = Put(room, ((ulong)field << 3) | (ulong)WireKind.Bytes);
        length += Put(room[length..], (ulong)byteCount);
        output.Advance(length);
    }

    /// <summary>Bytes of a number with its field, 0 or not.</summary>
    internal static long ChoiceSize(int field, ulong value) => Size((ulong)field << 3) + Size(value);

    /// <summary>A number; 0 is left out.</summary>
    internal void Number(int field, ulong value)
    {
        if (value != 0)
        {
            Choice(field, value);
        }
    }

    /// <summary>A number where being there says something, as in a <c>oneof</c>: 0 is written too.</summary>
    internal void Choice(int field, ulong value)
    {
        Span<byte> room = output.GetSpan(2 * VarintBytesMax);
        int length = Put(room, (ulong)field << 3);
        output.Advance(length + Put(room[length..], value));
    }

    /// <summary>A number of a repeated field that is packed.</summary>
    internal void Packed(ulong value) => output.Advance(Put(output.GetSpan(VarintBytesMax), value));

    /// <summary>Bytes or UTF-8 text; nothing is left out.</summary>
    internal void Text(int field, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Bytes(field, bytes);
        }
    }

    /// <summary>Bytes, even none.</summary>
    internal void Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Begin(field, bytes.Length);
        output.Write(bytes);
    }

    /// <summary>Content of a field that was begun.</summary>
    internal void Raw(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    private static int Put(Span<byte> room, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            room[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        room[length++] = (byte)value;
        return length;
    }
}
