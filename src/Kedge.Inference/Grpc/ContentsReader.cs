using System.Runtime.InteropServices;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Reads <c>InferTensorContents</c>: the elements of a tensor as numbers of protobuf, one after the other or packed.
/// </summary>
internal static class ContentsReader
{
    private const int BoolField = 1;
    private const int IntField = 2;
    private const int Int64Field = 3;
    private const int UIntField = 4;
    private const int UInt64Field = 5;
    private const int Fp32Field = 6;
    private const int Fp64Field = 7;
    private const int BytesField = 8;

    /// <summary>The field that carries elements of a type; 0 for those that only come raw.</summary>
    internal static int FieldOf(TensorType type) => type switch
    {
        TensorType.Bool => BoolField,
        TensorType.Int8 or TensorType.Int16 or TensorType.Int32 => IntField,
        TensorType.Int64 => Int64Field,
        TensorType.UInt8 or TensorType.UInt16 or TensorType.UInt32 => UIntField,
        TensorType.UInt64 => UInt64Field,
        TensorType.Float32 => Fp32Field,
        TensorType.Float64 => Fp64Field,
        TensorType.Bytes => BytesField,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Unknown => 0,
    };

    /// <summary>Appends the elements of one message to a tensor whose type and shape are set.</summary>
    /// <param name="contents">The message.</param>
    /// <param name="tensor">Takes the elements.</param>
    /// <param name="filled">How many it has; moved on.</param>
    internal static ContentsResult Read(ReadOnlySpan<byte> contents, Tensor tensor, ref int filled)
    {
        int field = FieldOf(tensor.Type);
        WireReader reader = new(contents);
        while (reader.TryNext())
        {
            if (reader.Field is < BoolField or > BytesField || (reader.Kind == WireKind.Bytes && reader.Bytes.IsEmpty))
            {
                // No elements: a newer field, or an empty list. An empty text is one element.
                if (reader.Field != BytesField || field != BytesField)
                {
                    continue;
                }
            }

            ContentsResult result =
                reader.Field == field ? ReadField(reader, tensor, ref filled) : ContentsResult.NotValue;
            if (result != ContentsResult.Done)
            {
                return result;
            }
        }

        return reader.IsBroken ? ContentsResult.NotMessage : ContentsResult.Done;
    }

    private static ContentsResult ReadField(in WireReader reader, Tensor tensor, ref int filled) => tensor.Type switch
    {
        TensorType.Bool => ReadVarints<byte, AsBool>(reader, tensor, ref filled),
        TensorType.Int8 => ReadVarints<sbyte, AsInt8>(reader, tensor, ref filled),
        TensorType.Int16 => ReadVarints<short, AsInt16>(reader, tensor, ref filled),
        TensorType.Int32 => ReadVarints<int, AsInt32>(reader, tensor, ref filled),
        TensorType.Int64 => ReadVarints<long, AsInt64>(reader, tensor, ref filled),
        TensorType.UInt8 => ReadVarints<byte, AsUInt8>(reader, tensor, ref filled),
        TensorType.UInt16 => ReadVarints<ushort, AsUInt16>(reader, tensor, ref filled),
        TensorType.UInt32 => ReadVarints<uint, AsUInt32>(reader, tensor, ref filled),
        TensorType.UInt64 => ReadVarints<ulong, AsUInt64>(reader, tensor, ref filled),
        TensorType.Float32 => ReadFixed(reader, WireKind.Fixed32, sizeof(float), tensor, ref filled),
        TensorType.Float64 => ReadFixed(reader, WireKind.Fixed64, sizeof(double), tensor, ref filled),
        TensorType.Bytes => ReadText(reader, tensor, ref filled),
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Unknown => ContentsResult.NotValue,
    };

    private static ContentsResult ReadVarints<T, TElement>(in WireReader reader, Tensor tensor, ref int filled)
        where T : unmanaged
        where TElement : struct, IVarintElement<T>
    {
        Span<T> room = tensor.Values<T>()[filled..];
        int count = 0;
        if (reader.Kind == WireKind.Varint)
        {
            return room.IsEmpty ? ContentsResult.NotShape
                : TElement.TryConvert(reader.Number, out room[0]) ? Moved(ref filled, 1)
                : ContentsResult.NotValue;
        }

        if (reader.Kind != WireKind.Bytes)
        {
            return ContentsResult.NotValue;
        }

        ReadOnlySpan<byte> packed = reader.Bytes;
        for (int position = 0; position < packed.Length; count++)
        {
            if (!WireReader.TryVarint(packed, ref position, out ulong number))
            {
                return ContentsResult.NotMessage;
            }

            if (count == room.Length)
            {
                return ContentsResult.NotShape;
            }

            if (!TElement.TryConvert(number, out room[count]))
            {
                return ContentsResult.NotValue;
            }
        }

        return Moved(ref filled, count);
    }

    private static ContentsResult ReadFixed(
        in WireReader reader, WireKind single, int width, Tensor tensor, ref int filled)
    {
        Span<byte> room = tensor.Bytes[(filled * width)..];
        if (reader.Kind == single)
        {
            if (room.IsEmpty)
            {
                return ContentsResult.NotShape;
            }

            ulong number = reader.Number;
            MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref number))[..width].CopyTo(room);
            return Moved(ref filled, 1);
        }

        if (reader.Kind != WireKind.Bytes)
        {
            return ContentsResult.NotValue;
        }

        ReadOnlySpan<byte> packed = reader.Bytes;
        if (packed.Length % width != 0)
        {
            return ContentsResult.NotMessage;
        }

        return packed.TryCopyTo(room) ? Moved(ref filled, packed.Length / width) : ContentsResult.NotShape;
    }

    private static ContentsResult ReadText(in WireReader reader, Tensor tensor, ref int filled)
    {
        if (reader.Kind != WireKind.Bytes)
        {
            return ContentsResult.NotValue;
        }

        if (tensor.TextCount == tensor.ElementCount)
        {
            return ContentsResult.NotShape;
        }

        tensor.AppendText(reader.Bytes);
        return Moved(ref filled, 1);
    }

    private static ContentsResult Moved(ref int filled, int count)
    {
        filled += count;
        return ContentsResult.Done;
    }
}
