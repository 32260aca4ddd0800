namespace Kedge.Content.Delta;

/// <summary>Numbers of a segment: seven bits in a byte, lowest first, the eighth says that more follow.</summary>
internal static class SegmentNumbers
{
    private const int BytesMax = 10;

    public static void Write(List<byte> into, ulong value)
    {
        while (value >= 0x80)
        {
            into.Add((byte)(value | 0x80));
            value >>= 7;
        }

        into.Add((byte)value);
    }

    public static void WriteSigned(List<byte> into, long value) =>
        Write(into, (ulong)((value << 1) ^ (value >> 63)));

    public static bool TryRead(ref ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (int index = 0; index < Math.Min(from.Length, BytesMax); index++)
        {
            value |= (ulong)(from[index] & 0x7F) << (7 * index);
            if (from[index] < 0x80)
            {
                from = from[(index + 1)..];
                return true;
            }
        }

        return false;
    }

    public static bool TryRead(ref ReadOnlySpan<byte> from, int max, out int value)
    {
        bool read = TryRead(ref from, out ulong wide) && wide <= (ulong)max;
        value = read ? (int)wide : 0;
        return read;
    }

    public static bool TryReadSigned(ref ReadOnlySpan<byte> from, out long value)
    {
        bool read = TryRead(ref from, out ulong wide);
        value = (long)(wide >> 1) ^ -(long)(wide & 1);
        return read;
    }
}
