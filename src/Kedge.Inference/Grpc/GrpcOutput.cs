using Kedge.Core;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Measures and writes <c>InferOutputTensor</c>, with its elements as numbers where they do not go raw.
/// </summary>
internal static class GrpcOutput
{
    private const int NameField = 1;
    private const int DatatypeField = 2;
    private const int ShapeField = 3;
    private const int ParametersField = 4;
    private const int ContentsField = 5;
    private const int KeyField = 1;
    private const int ValueField = 2;

    /// <summary>Bytes of the message.</summary>
    /// <param name="spec">What the model declares.</param>
    /// <param name="tensor">What goes into the answer.</param>
    /// <param name="place">Where in shared memory it was written instead; null for nowhere.</param>
    /// <param name="isRaw">Its elements go raw, beside it.</param>
    internal static long Size(TensorSpec spec, Tensor tensor, RegionPart? place, bool isRaw)
    {
        long size = WireWriter.TextSize(NameField, spec.NameUtf8.Length)
            + WireWriter.TextSize(DatatypeField, TensorTypes.NameUtf8(tensor.Type).Length);
        int shape = ShapeSize(tensor.Shape);
        size += WireWriter.TextSize(ShapeField, shape);
        return place is { } part ? size + PlaceSize(tensor, part)
            : isRaw ? size
            : size + WireWriter.FieldSize(ContentsField, ContentsSize(tensor));
    }

    /// <summary>Writes the message.</summary>
    internal static void Write(WireWriter writer, TensorSpec spec, Tensor tensor, RegionPart? place, bool isRaw)
    {
        writer.Text(NameField, spec.NameUtf8.AsSpan());
        writer.Text(DatatypeField, TensorTypes.NameUtf8(tensor.Type));
        if (tensor.Rank > 0)
        {
            writer.Begin(ShapeField, ShapeSize(tensor.Shape));
            foreach (long dimension in tensor.Shape)
            {
                writer.Packed((ulong)dimension);
            }
        }

        if (place is { } part)
        {
            WritePlace(writer, tensor, part);
        }
        else if (!isRaw)
        {
            writer.Begin(ContentsField, ContentsSize(tensor));
            WriteContents(writer, tensor);
        }
    }

    private static long PlaceSize(Tensor tensor, in RegionPart place) =>
        WireWriter.FieldSize(ParametersField, EntrySize("shared_memory_region"u8, TextSize(place)))
        + WireWriter.FieldSize(ParametersField, EntrySize("shared_memory_offset"u8, NumberSize(place.Offset)))
        + WireWriter.FieldSize(
            ParametersField, EntrySize("shared_memory_byte_size"u8, NumberSize(BinaryTensors.Size(tensor))));

    private static void WritePlace(WireWriter writer, Tensor tensor, in RegionPart place)
    {
        Begin(writer, "shared_memory_region"u8, TextSize(place));
        writer.Bytes((int)ParameterKind.Text, place.Region.NameUtf8.AsSpan());
        Begin(writer, "shared_memory_offset"u8, NumberSize(place.Offset));
        writer.Choice((int)ParameterKind.Int64, (ulong)place.Offset);
        long byteCount = BinaryTensors.Size(tensor);
        Begin(writer, "shared_memory_byte_size"u8, NumberSize(byteCount));
        writer.Choice((int)ParameterKind.Int64, (ulong)byteCount);
    }

    private static void Begin(WireWriter writer, ReadOnlySpan<byte> key, long valueSize)
    {
        writer.Begin(ParametersField, EntrySize(key, valueSize));
        writer.Bytes(KeyField, key);
        writer.Begin(ValueField, valueSize);
    }

    private static long EntrySize(ReadOnlySpan<byte> key, long valueSize) =>
        WireWriter.FieldSize(KeyField, key.Length) + WireWriter.FieldSize(ValueField, valueSize);

    private static long TextSize(in RegionPart place) =>
        WireWriter.FieldSize((int)ParameterKind.Text, place.Region.NameUtf8.Length);

    private static long NumberSize(long number) => WireWriter.ChoiceSize((int)ParameterKind.Int64, (ulong)number);

    private static int ShapeSize(ReadOnlySpan<long> shape)
    {
        int size = 0;
        foreach (long dimension in shape)
        {
            size += WireWriter.Size(dimension);
        }

        return size;
    }

    private static long ContentsSize(Tensor tensor)
    {
        int field = ContentsReader.FieldOf(tensor.Type);
        if (tensor.ElementCount == 0)
        {
            return 0;
        }

        if (tensor.Type != TensorType.Bytes)
        {
            return WireWriter.FieldSize(field, PackedSize(tensor));
        }

        long size = 0;
        for (int i = 0; i < tensor.TextCount; i++)
        {
            size += WireWriter.FieldSize(field, tensor.Text(i).Length);
        }

        return size;
    }

    private static long PackedSize(Tensor tensor) => tensor.Type switch
    {
        TensorType.Bool => VarintsSize<byte, AsBool>(tensor),
        TensorType.Int8 => VarintsSize<sbyte, AsInt8>(tensor),
        TensorType.Int16 => VarintsSize<short, AsInt16>(tensor),
        TensorType.Int32 => VarintsSize<int, AsInt32>(tensor),
        TensorType.Int64 => VarintsSize<long, AsInt64>(tensor),
        TensorType.UInt8 => VarintsSize<byte, AsUInt8>(tensor),
        TensorType.UInt16 => VarintsSize<ushort, AsUInt16>(tensor),
        TensorType.UInt32 => VarintsSize<uint, AsUInt32>(tensor),
        TensorType.UInt64 => VarintsSize<ulong, AsUInt64>(tensor),
        TensorType.Float32 or TensorType.Float64 => tensor.Bytes.Length,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Bytes or TensorType.Unknown =>
            throw Check.Unreachable(tensor.Type),
    };

    private static void WriteContents(WireWriter writer, Tensor tensor)
    {
        int field = ContentsReader.FieldOf(tensor.Type);
        for (int i = 0; i < tensor.TextCount; i++)
        {
            writer.Bytes(field, tensor.Text(i));
        }

        if (tensor.ElementCount > 0 && tensor.Type != TensorType.Bytes)
        {
            writer.Begin(field, PackedSize(tensor));
            WritePacked(writer, tensor);
        }
    }

    private static void WritePacked(WireWriter writer, Tensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorType.Bool:
                WriteVarints<byte, AsBool>(writer, tensor);
                break;
            case TensorType.Int8:
                WriteVarints<sbyte, AsInt8>(writer, tensor);
                break;
            case TensorType.Int16:
                WriteVarints<short, AsInt16>(writer, tensor);
                break;
            case TensorType.Int32:
                WriteVarints<int, AsInt32>(writer, tensor);
                break;
            case TensorType.Int64:
                WriteVarints<long, AsInt64>(writer, tensor);
                break;
            case TensorType.UInt8:
                WriteVarints<byte, AsUInt8>(writer, tensor);
                break;
            case TensorType.UInt16:
                WriteVarints<ushort, AsUInt16>(writer, tensor);
                break;
            case TensorType.UInt32:
                WriteVarints<uint, AsUInt32>(writer, tensor);
                break;
            case TensorType.UInt64:
                WriteVarints<ulong, AsUInt64>(writer, tensor);
                break;
            case TensorType.Float32 or TensorType.Float64:
                writer.Raw(tensor.Bytes);
                break;
            case TensorType.Float16 or TensorType.BFloat16 or TensorType.Bytes or TensorType.Unknown:
            default:
                throw Check.Unreachable(tensor.Type);
        }
    }

    private static long VarintsSize<T, TElement>(Tensor tensor)
        where T : unmanaged
        where TElement : struct, IVarintElement<T>
    {
        long size = 0;
        foreach (T value in tensor.Values<T>())
        {
            size += WireWriter.Size(TElement.Of(value));
        }

        return size;
    }

    private static void WriteVarints<T, TElement>(WireWriter writer, Tensor tensor)
        where T : unmanaged
        where TElement : struct, IVarintElement<T>
    {
        foreach (T value in tensor.Values<T>())
        {
            writer.Packed(TElement.Of(value));
        }
    }
}
