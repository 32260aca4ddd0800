namespace Kedge.Inference.Grpc;

/// <summary>
/// How a varint becomes an element of one type. Protobuf cuts a varint down to the 32 bits of its field; what does not
/// fit the element after that is refused.
/// </summary>
/// <typeparam name="T">The element in memory.</typeparam>
internal interface IVarintElement<T>
{
    /// <summary>Makes the element; false when the number is outside of its range.</summary>
    static abstract bool TryConvert(ulong number, out T value);

    /// <summary>The varint that carries an element.</summary>
    static abstract ulong Of(T value);
}

internal readonly struct AsBool : IVarintElement<byte>
{
    public static bool TryConvert(ulong number, out byte value)
    {
        value = number == 0 ? (byte)0 : (byte)1;
        return true;
    }

    public static ulong Of(byte value) => value == 0 ? 0UL : 1UL;
}

internal readonly struct AsInt8 : IVarintElement<sbyte>
{
    public static bool TryConvert(ulong number, out sbyte value)
    {
        value = (sbyte)number;
        return value == (int)number;
    }

    public static ulong Of(sbyte value) => (ulong)value;
}

internal readonly struct AsInt16 : IVarintElement<short>
{
    public static bool TryConvert(ulong number, out short value)
    {
        value = (short)number;
        return value == (int)number;
    }

    public static ulong Of(short value) => (ulong)value;
}

internal readonly struct AsInt32 : IVarintElement<int>
{
    public static bool TryConvert(ulong number, out int value)
    {
        value = (int)number;
        return true;
    }

    public static ulong Of(int value) => (ulong)value;
}

internal readonly struct AsInt64 : IVarintElement<long>
{
    public static bool TryConvert(ulong number, out long value)
    {
        value = (long)number;
        return true;
    }

    public static ulong Of(long value) => (ulong)value;
}

internal readonly struct AsUInt8 : IVarintElement<byte>
{
    public static bool TryConvert(ulong number, out byte value)
    {
        value = (byte)number;
        return value == (uint)number;
    }

    public static ulong Of(byte value) => value;
}

internal readonly struct AsUInt16 : IVarintElement<ushort>
{
    public static bool TryConvert(ulong number, out ushort value)
    {
        value = (ushort)number;
        return value == (uint)number;
    }

    public static ulong Of(ushort value) => value;
}

internal readonly struct AsUInt32 : IVarintElement<uint>
{
    public static bool TryConvert(ulong number, out uint value)
    {
        value = (uint)number;
        return true;
    }

    public static ulong Of(uint value) => value;
}

internal readonly struct AsUInt64 : IVarintElement<ulong>
{
    public static bool TryConvert(ulong number, out ulong value)
    {
        value = number;
        return true;
    }

    public static ulong Of(ulong value) => value;
}
