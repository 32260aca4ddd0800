namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads one element of one type; a struct for each, so that the loop around it is compiled for each.
/// </summary>
internal interface IElementReader<T>
    where T : unmanaged
{
    static abstract ScanResult Read(ReadOnlySpan<byte> json, ref int position, out T value);

    /// <summary>
    /// Reads as many as it can in a faster way, each of them followed by a comma and the begin of another number;
    /// returns how many, and stands at that begin. What lies behind them may change.
    /// </summary>
    static virtual int ReadRun(ReadOnlySpan<byte> json, ref int position, Span<T> values) => 0;
}

internal readonly struct BoolReader : IElementReader<byte>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out byte value)
    {
        ReadOnlySpan<byte> rest = json[position..];
        value = rest.StartsWith("true"u8) ? (byte)1 : (byte)0;
        int length = value != 0 ? 4 : rest.StartsWith("false"u8) ? 5 : 0;
        position += length;
        return length > 0 ? ScanResult.Done : ScanResult.NotValue;
    }
}

internal readonly struct UInt8Reader : IElementReader<byte>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out byte value)
    {
        ScanResult result = NumberParser.ReadUnsigned(json, ref position, byte.MaxValue, out ulong wide);
        value = (byte)wide;
        return result;
    }
}

internal readonly struct UInt16Reader : IElementReader<ushort>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out ushort value)
    {
        ScanResult result = NumberParser.ReadUnsigned(json, ref position, ushort.MaxValue, out ulong wide);
        value = (ushort)wide;
        return result;
    }
}

internal readonly struct UInt32Reader : IElementReader<uint>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out uint value)
    {
        ScanResult result = NumberParser.ReadUnsigned(json, ref position, uint.MaxValue, out ulong wide);
        value = (uint)wide;
        return result;
    }
}

internal readonly struct UInt64Reader : IElementReader<ulong>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out ulong value) =>
        NumberParser.ReadUnsigned(json, ref position, ulong.MaxValue, out value);
}

internal readonly struct Int8Reader : IElementReader<sbyte>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out sbyte value)
    {
        ScanResult result = NumberParser.ReadSigned(
            json, ref position, sbyte.MinValue, sbyte.MaxValue, out long wide);
        value = (sbyte)wide;
        return result;
    }
}

internal readonly struct Int16Reader : IElementReader<short>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out short value)
    {
        ScanResult result = NumberParser.ReadSigned(
            json, ref position, short.MinValue, short.MaxValue, out long wide);
        value = (short)wide;
        return result;
    }
}

internal readonly struct Int32Reader : IElementReader<int>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out int value)
    {
        ScanResult result = NumberParser.ReadSigned(json, ref position, int.MinValue, int.MaxValue, out long wide);
        value = (int)wide;
        return result;
    }
}

internal readonly struct Int64Reader : IElementReader<long>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out long value) =>
        NumberParser.ReadSigned(json, ref position, long.MinValue, long.MaxValue, out value);
}

internal readonly struct HalfReader : IElementReader<Half>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out Half value) =>
        NumberParser.ReadHalf(json, ref position, out value);
}

/// <summary>BF16: read as FP32, then rounded to the nearest with ties to even.</summary>
internal readonly struct BrainReader : IElementReader<ushort>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out ushort value)
    {
        ScanResult result = NumberParser.ReadSingle(json, ref position, out float wide);
        value = Round(wide);
        bool overflowed = result == ScanResult.Done && float.IsFinite(wide) && (value & 0x7FFF) == 0x7F80;
        return overflowed ? ScanResult.NotValue : result;
    }

    private static ushort Round(float wide)
    {
        uint bits = BitConverter.SingleToUInt32Bits(wide);
        return float.IsNaN(wide) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

internal readonly struct SingleReader : IElementReader<float>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out float value) =>
        NumberParser.ReadSingle(json, ref position, out value);

    public static int ReadRun(ReadOnlySpan<byte> json, ref int position, Span<float> values) =>
        DecimalRun.Read(json, ref position, values);
}

internal readonly struct DoubleReader : IElementReader<double>
{
    public static ScanResult Read(ReadOnlySpan<byte> json, ref int position, out double value) =>
        NumberParser.ReadDouble(json, ref position, out value);
}
