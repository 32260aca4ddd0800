using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Models;

/// <summary>
/// The datatypes of the protocol. An element is held as its bytes, little-endian and of the type's own size; one of
/// BYTES as its own bytes. So two tensors are equal when their bytes are, whichever way they travelled.
/// </summary>
internal static class DataTypes
{
    /// <summary>Size of a 16-bit brain float beside a 32-bit float: the lower half is cut off.</summary>
    private const int BrainShift = 16;

    private static readonly ImmutableArray<(string Name, int Size)> All =
    [
        ("BOOL", 1), ("UINT8", 1), ("UINT16", 2), ("UINT32", 4), ("UINT64", 8), ("INT8", 1), ("INT16", 2),
        ("INT32", 4), ("INT64", 8), ("FP16", 2), ("BF16", 2), ("FP32", 4), ("FP64", 8), ("BYTES", 0),
    ];

    /// <summary>Every datatype that the protocol names.</summary>
    internal static ImmutableArray<string> Names { get; } = [.. All.Select(static type => type.Name)];

    /// <summary>Bytes of an element, 1..8; 0 for BYTES, whose elements differ; -1 for no datatype at all.</summary>
    internal static int Size(string name)
    {
        foreach ((string known, int size) in All)
        {
            if (known == name)
            {
                return size;
            }
        }

        return -1;
    }

    /// <summary>True for those that JSON has no agreed form for in all servers.</summary>
    internal static bool IsHalf(string name) => name is "FP16" or "BF16";

    /// <summary>True for the types of whole numbers.</summary>
    internal static bool IsInteger(string name) => name.Contains("INT", StringComparison.Ordinal);

    /// <summary>Values worth asking of a type: ends of its range, small ones, and what is easily lost.</summary>
    internal static ImmutableArray<byte[]> Samples(string name) => name switch
    {
        "BOOL" => [[1], [0], [1]],
        "UINT8" => [.. new[] { 0L, 1, 127, 128, 255 }.Select(v => Whole(v, 1))],
        "UINT16" => [.. new[] { 0L, 1, 256, 32768, 65535 }.Select(v => Whole(v, 2))],
        "UINT32" => [.. new[] { 0L, 1, 65536, 2147483648, 4294967295 }.Select(v => Whole(v, 4))],
        "UINT64" => [.. new[] { 0L, 1, 9007199254740993, long.MaxValue, -1 }.Select(v => Whole(v, 8))],
        "INT8" => [.. new[] { 0L, 1, -1, 127, -128 }.Select(v => Whole(v, 1))],
        "INT16" => [.. new[] { 0L, 1, -1, 32767, -32768 }.Select(v => Whole(v, 2))],
        "INT32" => [.. new[] { 0L, 1, -1, int.MaxValue, int.MinValue }.Select(v => Whole(v, 4))],
        "INT64" => [.. new[] { 0L, -1, 9007199254740993, long.MaxValue, long.MinValue }.Select(v => Whole(v, 8))],
        "FP16" => [.. new double[] { 0, 1, -2.5, 65504, 6.103515625e-05, 5.9604644775390625e-08 }.Select(v =>
            Real(v, name))],
        "BF16" => [.. new double[] { 0, 1, -2.5, 3.3895313892515355e38, 1.1754943508222875e-38 }.Select(v =>
            Real(v, name))],
        "FP32" => [.. new double[] { 0, 1, -2.5, 0.1f, float.MaxValue, 1.17549435e-38f, float.Epsilon }.Select(v =>
            Real(v, name))],
        "FP64" => [.. new[] { 0, 1, -2.5, 0.1, double.MaxValue, 2.2250738585072014e-308, double.Epsilon }.Select(v =>
            Real(v, name))],
        "BYTES" =>
        [
            .. new[] { "", "a", "\u00e4\u20ac\U0001F600", "quote \" and \\ and \n and \u0001", new string('x', 300) }
                .Select(Encoding.UTF8.GetBytes),
        ],
        _ => throw new RuleBrokenException($"'{name}' is no datatype of the protocol."),
    };

    /// <summary>A small value, by its place: 0, 1, 2, and so on, within every type's range.</summary>
    internal static byte[] Small(string name, int index) => name switch
    {
        "BOOL" => [(byte)(index % 2)],
        "BYTES" => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{index % 100}")),
        _ when IsInteger(name) => Whole(index % 100, Size(name)),
        _ => Real(index % 100, name),
    };

    /// <summary>The element as JSON has it.</summary>
    internal static string ToJson(string name, byte[] element) => name switch
    {
        "BOOL" => element[0] != 0 ? "true" : "false",
        "BYTES" => JsonText(Encoding.UTF8.GetString(element)),
        "FP16" => Number((double)BinaryPrimitives.ReadHalfLittleEndian(element)),
        "BF16" => Number(Brain(element)),
        "FP32" => BinaryPrimitives.ReadSingleLittleEndian(element).ToString("R", CultureInfo.InvariantCulture),
        "FP64" => Number(BinaryPrimitives.ReadDoubleLittleEndian(element)),
        "UINT64" => BinaryPrimitives.ReadUInt64LittleEndian(element).ToString(CultureInfo.InvariantCulture),
        _ => ToWhole(name, element).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads an element of an answer.</summary>
    internal static byte[] FromJson(string name, JsonElement json)
    {
        switch (name)
        {
            case "BOOL":
                Expect.That(
                    json.ValueKind is JsonValueKind.True or JsonValueKind.False, $"An element of BOOL is {json}.");
                return [json.GetBoolean() ? (byte)1 : (byte)0];
            case "BYTES":
                Expect.That(json.ValueKind == JsonValueKind.String, $"An element of BYTES is {json}.");
                return Encoding.UTF8.GetBytes(json.GetString() ?? "");
            default:
                Expect.That(json.ValueKind == JsonValueKind.Number, $"An element of {name} is {json}.");
                return FromNumber(name, json.GetRawText());
        }
    }

    /// <summary>A whole number in a type's bytes; the upper bits are cut off.</summary>
    internal static byte[] Whole(long value, int size)
    {
        byte[] eight = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        return eight[..size];
    }

    /// <summary>The whole number that an element of a signed or unsigned type below 64 bits, or INT64, holds.</summary>
    internal static long ToWhole(string name, byte[] element)
    {
        byte[] eight = new byte[sizeof(long)];
        bool isNegative = !name.StartsWith('U') && (element[^1] & 0x80) != 0;
        Array.Fill(eight, isNegative ? (byte)0xFF : (byte)0);
        element.CopyTo(eight, 0);
        return BinaryPrimitives.ReadInt64LittleEndian(eight);
    }

    /// <summary>The value of an element as a number, for comparing what is near.</summary>
    internal static double ToReal(string name, byte[] element) => name switch
    {
        "FP16" => (double)BinaryPrimitives.ReadHalfLittleEndian(element),
        "BF16" => Brain(element),
        "FP32" => BinaryPrimitives.ReadSingleLittleEndian(element),
        "FP64" => BinaryPrimitives.ReadDoubleLittleEndian(element),
        "UINT64" => BinaryPrimitives.ReadUInt64LittleEndian(element),
        _ => ToWhole(name, element),
    };

    /// <summary>A text as a JSON string.</summary>
    internal static string JsonText(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static byte[] FromNumber(string name, string text)
    {
        if (!IsInteger(name))
        {
            // Each type is read as itself: by way of a larger one it would be rounded twice.
            return name == "FP32"
                ? BitConverter.GetBytes(float.Parse(text, CultureInfo.InvariantCulture))
                : Real(double.Parse(text, CultureInfo.InvariantCulture), name);
        }

        if (name == "UINT64")
        {
            Expect.That(
                ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong large),
                $"An element of UINT64 is {text}.");
            return Whole(unchecked((long)large), sizeof(long));
        }

        Expect.That(
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole),
            $"An element of {name} is {text}.");
        byte[] element = Whole(whole, Size(name));
        Expect.That(ToWhole(name, element) == whole, $"{text} is out of the range of {name}.");
        return element;
    }

    private static byte[] Real(double value, string name)
    {
        switch (name)
        {
            case "FP16":
                return BitConverter.GetBytes((Half)value);
            case "BF16":
                byte[] single = BitConverter.GetBytes((float)value);
                return single[(BrainShift / 8)..];
            case "FP32":
                return BitConverter.GetBytes((float)value);
            default:
                return BitConverter.GetBytes(value);
        }
    }

    private static float Brain(byte[] element) =>
        BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << BrainShift);
}
