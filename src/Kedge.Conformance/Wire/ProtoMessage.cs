using System.Text;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Wire;

/// <summary>A protobuf message that came, field by field. Whatever is no message breaks the rule at hand.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Field, int Wire, ulong Number, byte[] Bytes)> _fields = [];

    internal ProtoMessage(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ulong tag = Varint(ref bytes);
            (int field, int wire) = ((int)(tag >> 3), (int)(tag & 7));
            ulong number = wire == 0 ? Varint(ref bytes) : 0;
            int length = wire switch
            {
                0 => 0,
                1 => 8,
                2 => (int)Math.Min(Varint(ref bytes), int.MaxValue),
                5 => 4,
                _ => throw new RuleBrokenException($"A message has the wire type {wire}."),
            };
            Expect.That(length <= bytes.Length, "A message is cut off.");
            _fields.Add((field, wire, number, bytes[..length].ToArray()));
            bytes = bytes[length..];
        }
    }

    internal string Text(int field) => Encoding.UTF8.GetString(All(field).LastOrDefault() ?? []);

    internal bool Flag(int field) => Number(field) != 0;

    internal long Number(int field) => unchecked((long)_fields.LastOrDefault(one => one.Field == field).Number);

    internal bool Has(int field) => _fields.Any(one => one.Field == field);

    /// <summary>Every value of a field with a length.</summary>
    internal List<byte[]> All(int field) => [.. _fields.Where(one => one.Field == field && one.Wire == 2)
        .Select(static one => one.Bytes)];

    internal List<string> Texts(int field) => [.. All(field).Select(Encoding.UTF8.GetString)];

    internal List<ProtoMessage> Messages(int field) => [.. All(field).Select(static bytes => new ProtoMessage(bytes))];

    /// <summary>Whole numbers, packed or not.</summary>
    internal List<long> Numbers(int field)
    {
        List<long> numbers = [];
        foreach ((int _, int wire, ulong number, byte[] bytes) in _fields.Where(one => one.Field == field))
        {
            if (wire == 0)
            {
                numbers.Add(unchecked((long)number));
            }

            ReadOnlySpan<byte> packed = wire == 2 ? bytes : [];
            while (!packed.IsEmpty)
            {
                numbers.Add(unchecked((long)Varint(ref packed)));
            }
        }

        return numbers;
    }

    /// <summary>Values of a fixed size, packed or not.</summary>
    internal List<byte[]> Fixed(int field, int size) =>
        [.. _fields.Where(one => one.Field == field).SelectMany(one => one.Bytes.Chunk(size))];

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            Expect.That(!bytes.IsEmpty, "A number is cut off.");
            byte next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new RuleBrokenException("A number has more than 64 bits.");
    }
}
