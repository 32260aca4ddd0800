using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Kedge.Core;

namespace Kedge.Onnx.Rewriting;

/// <summary>A constant of a graph that is being rewritten.</summary>
public sealed class EditableInitializer
{
    private const int FloatData = 4;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly ReadOnlyMemory<byte> _message;

    internal EditableInitializer(OnnxInitializer facts, ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> file)
    {
        Facts = facts;
        _message = message;
        _file = file;
    }

    /// <summary>Its name, type and shape.</summary>
    public OnnxInitializer Facts { get; }

    /// <summary>How many elements its shape asks for.</summary>
    public long Elements => Facts.Dims.Aggregate(1L, static (product, extent) => product * extent);

    /// <summary>
    /// Its elements, row-major, whether they are written as raw bytes or one by one; null where they are no 32-bit
    /// floats, lie outside of the file, or are more than an array can hold.
    /// </summary>
    public float[]? Floats()
    {
        if (Facts.ElementType != OnnxElementType.Float || Facts.IsExternal || Elements > Array.MaxLength)
        {
            return null;
        }

        float[] values = new float[Elements];
        if (Facts.RawOffset >= 0)
        {
            // Elements are little-endian in the file, and so are the machines that this runs on.
            Check.That(BitConverter.IsLittleEndian);
            ReadOnlySpan<byte> raw = _file.Span.Slice((int)Facts.RawOffset, (int)Facts.Bytes);
            raw.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        int count = 0;
        foreach (FieldSlice slice in FieldSlice.Split(_message, 1UL << FloatData).Where(s => s.Number == FloatData))
        {
            ReadOnlySpan<byte> packed = slice.Wire == WireType.Fixed32 ? slice.Whole.Span[^4..] : slice.Content.Span;
            for (; packed.Length >= 4; packed = packed[4..])
            {
                Check.That(count < values.Length);
                values[count++] = BinaryPrimitives.ReadSingleLittleEndian(packed);
            }
        }

        Check.That(count == values.Length);
        return values;
    }
}
