using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Kedge.Onnx.Rewriting;

/// <summary>Reads <c>AttributeProto</c>, which the walk leaves alone but for the graphs and tensors in it.</summary>
internal static class AttributeReader
{
    private const int TypeField = 20;

    public static OnnxAttribute? Read(ReadOnlyMemory<byte> message)
    {
        string name = "";
        float single = 0;
        long number = 0;
        string text = "";
        long type = 0;
        List<float> floats = [];
        List<long> ints = [];
        ProtoReader reader = new(message.Span, offset: 0);
        while (!reader.AtEnd)
        {
            bool read = reader.TryField(out int field, out WireType wire) && (field, wire) switch
            {
                (1, WireType.Bytes) => TryText(ref reader, out name),
                (2, WireType.Fixed32) => TryFloat(ref reader, out single),
                (3, WireType.Varint) => TryNumber(ref reader, out number),
                (4, WireType.Bytes) => TryText(ref reader, out text),
                (7, _) => TryFloats(ref reader, wire, floats),
                (8, _) => TryNumbers(ref reader, wire, ints),
                (TypeField, WireType.Varint) => TryNumber(ref reader, out type),
                (13, _) => reader.TrySkip(wire),
                _ => false,
            };
            if (!read)
            {
                return null;
            }
        }

        return type switch
        {
            1 => new OnnxAttribute.Float(name, single),
            2 => new OnnxAttribute.Int(name, number),
            3 => new OnnxAttribute.Text(name, text),
            6 => new OnnxAttribute.Floats(name, [.. floats]),
            7 => new OnnxAttribute.Ints(name, [.. ints]),
            _ => null,
        };
    }

    private static bool TryText(ref ProtoReader reader, out string text)
    {
        text = "";
        if (!reader.TryBytes(out ReadOnlySpan<byte> utf8, out _) || !Utf8.IsValid(utf8))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(utf8);
        return true;
    }

    private static bool TryFloat(ref ProtoReader reader, out float value)
    {
        bool read = reader.TryFixed32(out uint bits);
        value = BitConverter.UInt32BitsToSingle(bits);
        return read;
    }

    private static bool TryNumber(ref ProtoReader reader, out long value)
    {
        bool read = reader.TryVarint(out ulong bits);
        value = (long)bits;
        return read;
    }

    private static bool TryFloats(ref ProtoReader reader, WireType wire, List<float> values)
    {
        if (wire == WireType.Fixed32)
        {
            bool one = TryFloat(ref reader, out float value);
            values.Add(value);
            return one;
        }

        if (wire != WireType.Bytes || !reader.TryBytes(out ReadOnlySpan<byte> packed, out _)
            || packed.Length % 4 != 0)
        {
            return false;
        }

        for (; !packed.IsEmpty; packed = packed[4..])
        {
            values.Add(BinaryPrimitives.ReadSingleLittleEndian(packed));
        }

        return true;
    }

    private static bool TryNumbers(ref ProtoReader reader, WireType wire, List<long> values)
    {
        if (wire == WireType.Varint)
        {
            bool one = TryNumber(ref reader, out long value);
            values.Add(value);
            return one;
        }

        if (wire != WireType.Bytes || !reader.TryMessage(out ProtoReader packed))
        {
            return false;
        }

        while (!packed.AtEnd)
        {
            if (!TryNumber(ref packed, out long value))
            {
                return false;
            }

            values.Add(value);
        }

        return true;
    }
}
