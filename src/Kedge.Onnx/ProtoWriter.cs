using System.Buffers.Binary;
using System.Text;

namespace Kedge.Onnx;

/// <summary>Writes one protocol-buffers message (encoding: protobuf.dev, "Encoding") into memory.</summary>
internal sealed class ProtoWriter
{
    private readonly MemoryStream _bytes = new();

    public long Length => _bytes.Length;

    public byte[] ToArray() => _bytes.ToArray();

    public void Number(int field, long value)
    {
        Key(field, WireType.Varint);
        Varint((ulong)value);
    }

    public void Float(int field, float value)
    {
        Key(field, WireType.Fixed32);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Key(field, WireType.Bytes);
        Varint((ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>The key and length of a field of bytes that follow from elsewhere.</summary>
    public void Head(int field, long bytes)
    {
        Key(field, WireType.Bytes);
        Varint((ulong)bytes);
    }

    /// <summary>Bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> value) => _bytes.Write(value);

    public void Message(int field, ProtoWriter inner) => Bytes(field, inner._bytes.ToArray());

    private void Key(int field, WireType wire) => Varint(((ulong)field << 3) | (ulong)wire);

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
