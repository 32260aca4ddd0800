using System.Runtime.InteropServices;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Conformance;

/// <summary>
/// Reads a TensorProto file (onnx.proto3) of the conformance cases; throws on what it does not expect.
/// </summary>
internal ref struct TensorProto
{
    private static readonly TensorType[] Types =
    [
        TensorType.Unknown, TensorType.Float32, TensorType.UInt8, TensorType.Int8, TensorType.UInt16, TensorType.Int16,
        TensorType.Int32, TensorType.Int64, TensorType.Bytes, TensorType.Bool, TensorType.Float16, TensorType.Float64,
        TensorType.UInt32, TensorType.UInt64, TensorType.Unknown, TensorType.Unknown, TensorType.BFloat16,
    ];

    private ReadOnlySpan<byte> _rest;

    public static Tensor Read(string name, byte[] file)
    {
        TensorProto proto = new() { _rest = file };
        List<long> dims = [];
        List<byte[]> texts = [];
        List<byte> elements = [];
        TensorType type = TensorType.Unknown;
        while (!proto._rest.IsEmpty)
        {
            ulong tag = proto.Varint();
            int field = (int)(tag >> 3);
            bool packed = (tag & 7) == 2;
            switch (field)
            {
                case 1:
                    dims.AddRange(proto.Varints(packed).Select(v => (long)v));
                    break;
                case 2:
                    int number = (int)proto.Varint();
                    type = number < Types.Length ? Types[number] : TensorType.Unknown;
                    break;
                case 4:
                    elements.AddRange(packed ? proto.Block() : proto.Fixed(4));
                    break;
                case 5 or 7 or 11:
                    int width = TensorTypes.ElementBytes(type);
                    foreach (ulong value in proto.Varints(packed))
                    {
                        elements.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value))[..width]);
                    }

                    break;
                case 6:
                    texts.Add(proto.Block().ToArray());
                    break;
                case 9:
                    elements.AddRange(proto.Block());
                    break;
                case 10:
                    elements.AddRange(packed ? proto.Block() : proto.Fixed(8));
                    break;
                case 8 or 12:
                    proto.Block();
                    break;
                default:
                    throw new InvalidDataException($"Field {field} of a tensor.");
            }
        }

        return Make(name, type, [.. dims], [.. elements], texts);
    }

    private static Tensor Make(string name, TensorType type, long[] dims, byte[] elements, List<byte[]> texts)
    {
        Tensor tensor = new();
        tensor.Begin(name, type);
        if (type == TensorType.Unknown || !tensor.TryShape(dims))
        {
            throw new InvalidDataException("Type or shape of a tensor.");
        }

        texts.ForEach(text => tensor.AppendText(text));
        elements.CopyTo(tensor.Bytes);
        return tensor;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private List<ulong> Varints(bool packed)
    {
        if (!packed)
        {
            return [Varint()];
        }

        TensorProto inner = new() { _rest = Block() };
        List<ulong> values = [];
        while (!inner._rest.IsEmpty)
        {
            values.Add(inner.Varint());
        }

        return values;
    }

    private ReadOnlySpan<byte> Block() => Fixed((int)Varint());

    private ReadOnlySpan<byte> Fixed(int bytes)
    {
        ReadOnlySpan<byte> block = _rest[..bytes];
        _rest = _rest[bytes..];
        return block;
    }
}
