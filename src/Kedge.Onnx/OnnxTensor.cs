using System.Buffers.Binary;
using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Onnx;

/// <summary>A constant tensor to be written: little-endian elements in row-major order. Never compared.</summary>
public sealed record OnnxTensor
{
    private OnnxTensor(string name, OnnxElementType elementType, ImmutableArray<long> dims, ReadOnlyMemory<byte> raw)
    {
        Name = name;
        ElementType = elementType;
        Dims = dims;
        Raw = raw;
    }

    /// <summary>The name by which nodes refer to it.</summary>
    public string Name { get; }

    /// <summary>Its element type.</summary>
    public OnnxElementType ElementType { get; }

    /// <summary>Its extents, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Dims { get; }

    /// <summary>Its elements, little-endian, row-major.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>A tensor of 32-bit floats, as many as the extents multiply to.</summary>
    public static OnnxTensor Of(string name, ImmutableArray<long> dims, ReadOnlySpan<float> values)
    {
        Check.That(Elements(dims) == values.Length);
        byte[] raw = new byte[values.Length * sizeof(float)];
        for (int index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(index * sizeof(float)), values[index]);
        }

        return new OnnxTensor(name, OnnxElementType.Float, dims, raw);
    }

    /// <summary>A tensor of 64-bit integers, as many as the extents multiply to.</summary>
    public static OnnxTensor Of(string name, ImmutableArray<long> dims, ReadOnlySpan<long> values)
    {
        Check.That(Elements(dims) == values.Length);
        byte[] raw = new byte[values.Length * sizeof(long)];
        for (int index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(index * sizeof(long)), values[index]);
        }

        return new OnnxTensor(name, OnnxElementType.Int64, dims, raw);
    }

    /// <summary>A tensor of any type whose elements are whole bytes.</summary>
    public static OnnxTensor OfRaw(
        string name, OnnxElementType elementType, ImmutableArray<long> dims, ReadOnlyMemory<byte> raw)
    {
        int bits = OnnxElementTypes.Bits(elementType);
        Check.That(bits >= 8);
        Check.That(Elements(dims) * (bits / 8) == raw.Length);
        return new OnnxTensor(name, elementType, dims, raw);
    }

    private static long Elements(ImmutableArray<long> dims)
    {
        long elements = 1;
        foreach (long dim in dims)
        {
            Check.That(dim >= 0);
            elements = checked(elements * dim);
        }

        return elements;
    }
}
