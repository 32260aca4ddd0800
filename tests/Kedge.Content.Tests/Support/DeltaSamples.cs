using Kedge.Content.Chunking;
using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests.Support;

/// <summary>Files with tensors in them, and what encoding and decoding makes of them.</summary>
internal static class DeltaSamples
{
    /// <summary>A file of one tensor behind a few bytes and before a few others.</summary>
    public static DeltaFile Tensor(ElementKind element, ReadOnlySpan<byte> elements, string name = "w")
    {
        byte[] file = [.. "a head of a file:"u8, .. elements, .. ":its end"u8];
        return Of(file, new TensorSpan(name, element, 17, elements.Length));
    }

    public static DeltaFile Of(byte[] file, params TensorSpan[] spans)
    {
        Assert.True(TensorMap.TryCreate(spans, file.Length, out TensorMap map));
        return new DeltaFile(
            Digest.Of(file), ModelFile.Of("model.bin", file), map, FileChunker.Cut("model.bin", file).Chunks);
    }

    public static byte[] Bytes(DeltaFile file)
    {
        byte[] bytes = new byte[file.Bytes];
        Assert.True(file.File.TryFill(0, bytes));
        return bytes;
    }

    public static byte[] Encode(DeltaFile target, DeltaFile? baseFile)
    {
        using MemoryStream container = new();
        DeltaEncoder.Encode(target, baseFile, (offset, bytes) =>
        {
            container.Position = offset;
            container.Write(bytes);
        });
        return container.ToArray();
    }

    /// <summary>Decodes a container front to back; null and a finding where it is refused.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> container, DeltaFile? baseFile, out Finding? finding)
    {
        if (!DeltaHeader.TryRead(container, out DeltaHeader? header, out finding)
            || !DeltaIndex.TryRead(header!, container[DeltaLimits.HeaderBytes..], out DeltaIndex? index, out finding))
        {
            return null;
        }

        byte[] target = new byte[header!.TargetBytes];
        using DeltaDecoder decoder = new(baseFile?.File, ModelFile.Of("partial", target).Read);
        for (int number = 0; number < index!.Count; number++)
        {
            DeltaSegment segment = index[number];
            if (segment.EncodedOffset + segment.EncodedBytes > container.Length)
            {
                finding = DeltaErrors.Segment.At("cut off");
                return null;
            }

            ReadOnlySpan<byte> encoded = container.Slice((int)segment.EncodedOffset, segment.EncodedBytes);
            Span<byte> into = target.AsSpan((int)segment.TargetOffset, segment.TargetBytes);
            if (!decoder.TryDecode(encoded, segment.TargetOffset, into, out finding))
            {
                return null;
            }
        }

        return target;
    }

    /// <summary>Bits of every sort: around zero, rounded, infinite, not a number, denormal, both zeros.</summary>
    public static byte[] Elements(ElementKind element, int count, Random random)
    {
        int width = ElementKinds.Bytes(element);
        byte[] elements = new byte[count * width];
        for (int index = 0; index < count; index++)
        {
            Put(elements.AsSpan(index * width, width), element, Gauss(random) * 0.05, random);
        }

        return elements;
    }

    /// <summary>The same elements after so much training.</summary>
    public static byte[] Trained(ElementKind element, ReadOnlySpan<byte> elements, double change, Random random)
    {
        byte[] trained = [.. elements];
        int width = ElementKinds.Bytes(element);
        for (int at = 0; at + width <= trained.Length; at += width)
        {
            Span<byte> one = trained.AsSpan(at, width);
            double moved = Gauss(random) * 0.05 * change;
            switch (element)
            {
                case ElementKind.Float32:
                    BitConverter.TryWriteBytes(one, (float)(BitConverter.ToSingle(one) + moved));
                    break;
                case ElementKind.Float16:
                    BitConverter.TryWriteBytes(one, (Half)((double)BitConverter.ToHalf(one) + moved));
                    break;
                case ElementKind.Float64:
                    BitConverter.TryWriteBytes(one, BitConverter.ToDouble(one) + moved);
                    break;
                case ElementKind.BFloat16:
                    float wide = BitConverter.Int32BitsToSingle(BitConverter.ToInt16(one) << 16) + (float)moved;
                    BitConverter.TryWriteBytes(one, (short)(BitConverter.SingleToInt32Bits(wide) >> 16));
                    break;
                case ElementKind.Unknown or ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4:
                case ElementKind.Int16 or ElementKind.Int32 or ElementKind.Int64:
                default:
                    one[0] += (byte)(int)Math.Round(moved * 100);
                    break;
            }
        }

        return trained;
    }

    public static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void Put(Span<byte> into, ElementKind element, double value, Random random)
    {
        int sort = random.Next(1_000);
        if (sort < 5)
        {
            random.NextBytes(into);
            return;
        }

        if (sort < 20)
        {
            into.Clear();
            into[^1] = sort < 10 ? (byte)0x80 : sort < 15 ? (byte)0x7F : (byte)0;
            return;
        }

        switch (element)
        {
            case ElementKind.Float32:
                BitConverter.TryWriteBytes(into, (float)value);
                break;
            case ElementKind.Float16:
                BitConverter.TryWriteBytes(into, (Half)value);
                break;
            case ElementKind.BFloat16:
                BitConverter.TryWriteBytes(into, (short)(BitConverter.SingleToInt32Bits((float)value) >> 16));
                break;
            case ElementKind.Float64:
                BitConverter.TryWriteBytes(into, value);
                break;
            case ElementKind.Int16:
                BitConverter.TryWriteBytes(into, (short)(value * 5_000));
                break;
            case ElementKind.Int32:
                BitConverter.TryWriteBytes(into, (int)(value * 100_000));
                break;
            case ElementKind.Int64:
                BitConverter.TryWriteBytes(into, (long)(value * 1_000_000));
                break;
            case ElementKind.Unknown or ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4:
            default:
                into[0] = (byte)(int)(value * 600);
                break;
        }
    }
}
