using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Kedge.Core;
using Kedge.Inference.Regions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Writes one tensor as JSON: data flat, numbers in the shortest form that reads back to the same bits. What JSON has
/// no number for is written as the strings NaN, Infinity and -Infinity.
/// </summary>
internal static class TensorWriter
{
    /// <summary>False when a text is not UTF-8, which JSON cannot carry.</summary>
    internal static bool IsExpressible(Tensor tensor)
    {
        for (int i = 0; tensor.Type == TensorType.Bytes && i < tensor.TextCount; i++)
        {
            if (!Utf8.IsValid(tensor.Text(i)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the object; with <paramref name="asBinary"/> its data is only announced.</summary>
    internal static void Write(Utf8JsonWriter writer, Tensor tensor, bool asBinary, RegionPart? place = null)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, tensor.Name);
        writer.WriteString("datatype"u8, TensorTypes.Name(tensor.Type));
        writer.WriteStartArray("shape"u8);
        foreach (long dimension in tensor.Shape)
        {
            writer.WriteNumberValue(dimension);
        }

        writer.WriteEndArray();
        if (place is { } part)
        {
            WritePlace(writer, tensor, part);
        }
        else if (asBinary)
        {
            writer.WriteStartObject("parameters"u8);
            writer.WriteNumber("binary_data_size"u8, BinaryTensors.Size(tensor));
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStartArray("data"u8);
            WriteElements(writer, tensor);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter writer, Tensor tensor, RegionPart part)
    {
        writer.WriteStartObject("parameters"u8);
        writer.WriteString("shared_memory_region"u8, part.Region.Name);
        writer.WriteNumber("shared_memory_offset"u8, part.Offset);
        writer.WriteNumber("shared_memory_byte_size"u8, BinaryTensors.Size(tensor));
        writer.WriteEndObject();
    }

    private static void WriteElements(Utf8JsonWriter writer, Tensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorType.Bool:
                Each<byte>(writer, tensor, static (w, v) => w.WriteBooleanValue(v != 0));
                break;
            case TensorType.UInt8:
                Each<byte>(writer, tensor, static (w, v) => w.WriteNumberValue((uint)v));
                break;
            case TensorType.UInt16:
                Each<ushort>(writer, tensor, static (w, v) => w.WriteNumberValue((uint)v));
                break;
            case TensorType.UInt32:
                Each<uint>(writer, tensor, static (w, v) => w.WriteNumberValue(v));
                break;
            case TensorType.UInt64:
                Each<ulong>(writer, tensor, static (w, v) => w.WriteNumberValue(v));
                break;
            case TensorType.Int8:
                Each<sbyte>(writer, tensor, static (w, v) => w.WriteNumberValue((int)v));
                break;
            case TensorType.Int16:
                Each<short>(writer, tensor, static (w, v) => w.WriteNumberValue((int)v));
                break;
            case TensorType.Int32:
                Each<int>(writer, tensor, static (w, v) => w.WriteNumberValue(v));
                break;
            case TensorType.Int64:
                Each<long>(writer, tensor, static (w, v) => w.WriteNumberValue(v));
                break;
            case TensorType.Float16:
                Each<Half>(writer, tensor, static (w, v) => WriteHalf(w, v));
                break;
            case TensorType.BFloat16:
                WriteSingles(
                    writer, tensor.Values<ushort>(), static v => BitConverter.UInt32BitsToSingle((uint)v << 16));
                break;
            case TensorType.Float32:
                WriteSingles(writer, tensor.Values<float>(), static v => v);
                break;
            case TensorType.Float64:
                Each<double>(writer, tensor, static (w, v) => WriteDouble(w, v));
                break;
            case TensorType.Bytes:
                WriteTexts(writer, tensor);
                break;
            case TensorType.Unknown:
            default:
                throw Check.Unreachable(tensor.Type);
        }
    }

    private static void Each<T>(Utf8JsonWriter writer, Tensor tensor, Action<Utf8JsonWriter, T> write)
        where T : unmanaged
    {
        foreach (T value in tensor.Values<T>())
        {
            write(writer, value);
        }
    }

    private static void WriteTexts(Utf8JsonWriter writer, Tensor tensor)
    {
        for (int i = 0; i < tensor.TextCount; i++)
        {
            writer.WriteStringValue(tensor.Text(i));
        }
    }

    private static void WriteHalf(Utf8JsonWriter writer, Half value)
    {
        if (!Half.IsFinite(value))
        {
            WriteNamed(writer, (double)value);
            return;
        }

        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }

    /// <summary>Several at once, so that the writer is asked once for all of them.</summary>
    private static void WriteSingles<T>(Utf8JsonWriter writer, ReadOnlySpan<T> values, Func<T, float> read)
    {
        const int AtOnce = 64;
        Span<byte> text = stackalloc byte[AtOnce * (ShortestDecimal.BytesMax + 1)];
        while (!values.IsEmpty)
        {
            int count = Math.Min(values.Length, AtOnce);
            int length = 0;
            foreach (T element in values[..count])
            {
                float value = read(element);
                length += float.IsFinite(value)
                    ? ShortestDecimal.Write(value, text[length..])
                    : Quote(NameOf(value), text[length..]);
                text[length++] = (byte)',';
            }

            writer.WriteRawValue(text[..(length - 1)], skipInputValidation: true);
            values = values[count..];
        }
    }

    private static int Quote(ReadOnlySpan<byte> name, Span<byte> to)
    {
        to[0] = (byte)'"';
        name.CopyTo(to[1..]);
        to[name.Length + 1] = (byte)'"';
        return name.Length + 2;
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            WriteNamed(writer, value);
        }
    }

    private static void WriteNamed(Utf8JsonWriter writer, double value) => writer.WriteStringValue(NameOf(value));

    private static ReadOnlySpan<byte> NameOf(double value) =>
        double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8;
}
