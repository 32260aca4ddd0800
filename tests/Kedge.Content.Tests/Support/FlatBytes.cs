using System.Buffers.Binary;
using System.Text;

namespace Kedge.Content.Tests.Support;

/// <summary>A table to be written: what is in each slot. A table used twice is written once.</summary>
internal sealed class FlatTableSpec(params (int Slot, object Value)[] fields)
{
    public (int Slot, object Value)[] Fields { get; } = fields;
}

/// <summary>
/// Writes FlatBuffers (flatbuffers.dev, "Internals"): tables first, what they point to behind them. Not compact, but
/// with every boundary kept. Values are byte, int, uint, ulong, string, tables, and arrays of these.
/// </summary>
internal sealed class FlatBytes
{
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<FlatTableSpec, int> _written = [];

    public static byte[] Write(string identifier, FlatTableSpec root)
    {
        FlatBytes writer = new();
        writer._bytes.AddRange(new byte[4]);
        writer._bytes.AddRange(Encoding.ASCII.GetBytes(identifier));
        writer.Patch(0, writer.Table(root));
        writer.Align(16);
        return [.. writer._bytes];
    }

    private int Table(FlatTableSpec spec)
    {
        if (_written.TryGetValue(spec, out int before))
        {
            return before;
        }

        int slots = spec.Fields.Length == 0 ? 0 : spec.Fields.Max(static field => field.Slot) + 1;
        int[] offsets = new int[slots];
        int bytes = 4;
        foreach ((int slot, object value) in spec.Fields.OrderByDescending(static field => Width(field.Value)))
        {
            int width = Width(value);
            bytes = (bytes + width - 1) / width * width;
            offsets[slot] = bytes;
            bytes += width;
        }

        Align(2);
        int description = _bytes.Count;
        Append((ushort)(4 + (2 * slots)));
        Append((ushort)bytes);
        foreach (int offset in offsets)
        {
            Append((ushort)offset);
        }

        Align(8);
        int table = _bytes.Count;
        _written[spec] = table;
        _bytes.AddRange(new byte[bytes]);
        Patch(table, table - description, relativeTo: 0);
        foreach ((int slot, object value) in spec.Fields)
        {
            Field(table + offsets[slot], value);
        }

        return table;
    }

    private static int Width(object value) => value switch { byte => 1, ulong => 8, _ => 4 };

    private void Field(int at, object value)
    {
        switch (value)
        {
            case byte number:
                _bytes[at] = number;
                break;
            case int number:
                Patch(at, number, relativeTo: 0);
                break;
            case uint number:
                Patch(at, (int)number, relativeTo: 0);
                break;
            case ulong number:
                for (int index = 0; index < 8; index++)
                {
                    _bytes[at + index] = (byte)(number >> (8 * index));
                }

                break;
            default:
                Patch(at, Written(value));
                break;
        }
    }

    private int Written(object value)
    {
        if (value is FlatTableSpec table)
        {
            return Table(table);
        }

        int at = value switch
        {
            string text => Vector([.. Encoding.UTF8.GetBytes(text), 0], Encoding.UTF8.GetByteCount(text), 4),
            byte[] bytes => Vector(bytes, bytes.Length, 16),
            int[] numbers => Vector([.. numbers.SelectMany(BitConverter.GetBytes)], numbers.Length, 4),
            float[] numbers => Vector([.. numbers.SelectMany(BitConverter.GetBytes)], numbers.Length, 4),
            long[] numbers => Vector([.. numbers.SelectMany(BitConverter.GetBytes)], numbers.Length, 8),
            FlatTableSpec[] tables => Vector(new byte[4 * tables.Length], tables.Length, 4),
            _ => throw new ArgumentException($"cannot write {value.GetType()}", nameof(value)),
        };
        if (value is FlatTableSpec[] members)
        {
            for (int index = 0; index < members.Length; index++)
            {
                Patch(at + 4 + (4 * index), Table(members[index]));
            }
        }

        return at;
    }

    /// <summary>The elements begin at the boundary, their count before it.</summary>
    private int Vector(byte[] content, int count, int boundary)
    {
        Align(4);
        while ((_bytes.Count + 4) % boundary != 0)
        {
            _bytes.Add(0);
        }

        int at = _bytes.Count;
        _bytes.AddRange(BitConverter.GetBytes(count));
        _bytes.AddRange(content);
        return at;
    }

    private void Align(int boundary)
    {
        while (_bytes.Count % boundary != 0)
        {
            _bytes.Add(0);
        }
    }

    private void Append(ushort value) => _bytes.AddRange(BitConverter.GetBytes(value));

    private void Patch(int at, int target) => Patch(at, target, relativeTo: at);

    private void Patch(int at, int value, int relativeTo)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value - relativeTo);
        for (int index = 0; index < 4; index++)
        {
            _bytes[at + index] = bytes[index];
        }
    }
}
