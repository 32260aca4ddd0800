using System.Text;

namespace Kedge.Conformance.Wire;

/// <summary>
/// Protobuf messages by hand, field by field, so that wrong ones can be written too. Fields of length 0 and number 0
/// are written when they are asked for.
/// </summary>
internal sealed class ProtoBytes
{
    private readonly MemoryStream _bytes = new();

    internal static ProtoBytes Empty => new();

    internal ProtoBytes Number(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint(unchecked((ulong)value));
        return this;
    }

    internal ProtoBytes Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    internal ProtoBytes Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    internal ProtoBytes Message(int field, ProtoBytes value) => Bytes(field, value.ToArray());

    /// <summary>Whole numbers, packed.</summary>
    internal ProtoBytes Packed(int field, IEnumerable<long> values)
    {
        ProtoBytes packed = new();
        foreach (long value in values)
        {
            packed.Varint(unchecked((ulong)value));
        }

        return Message(field, packed);
    }

    internal byte[] ToArray() => _bytes.ToArray();

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _bytes.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.WriteByte((byte)value);
    }
}
