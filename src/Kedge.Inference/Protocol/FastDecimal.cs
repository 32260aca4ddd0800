using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads lists of the decimals that tensors are made of, <c>-0.12345678,12,3.5,</c>. No branch depends on a sign, or on
/// how many digits there are. The comma behind a number is looked for first and by itself, so that the processor is at
/// the next number while it computes this one. Whatever it is not certain of, it leaves to <see cref="NumberParser"/>:
/// exponents, white space but for one space behind a comma, more than eighteen digits, the end of the list, and values
/// so near to the middle between two floats that one more digit of precision would decide.
/// </summary>
internal static class FastDecimal
{
    // The longest that is read here: a sign, eighteen digits, a point, a comma and what follows it.
    private const int Window = 32;
    private const int WholeDigitsMax = 8;
    private const int Lanes = 16;
    private const int DigitsMax = 18; // Below 2^63 whatever they are.
    private const long BelowFloat = 0x1FFF_FFFF;
    private const long Middle = 0x1000_0000;

    // What two roundings of a double can be off, in units of its last place, and a margin.
    private const long Unsure = 8;

    private static ReadOnlySpan<double> PowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ];

    private static ReadOnlySpan<long> WholePowersOfTen =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ];

    /// <summary>From index n, up to sixteen: what takes the last n bytes of a vector.</summary>
    private static ReadOnlySpan<byte> Masks =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ];

    /// <summary>
    /// Reads floats, rounded to nearest, for as long as each is followed by a comma and another number.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="position">
    /// Where a number starts, behind sixteen bytes or more; afterwards where the one starts that was not read.
    /// </param>
    /// <param name="values">Gets them.</param>
    /// <returns>How many were read.</returns>
    internal static unsafe int ReadRun(ReadOnlySpan<byte> json, ref int position, Span<float> values)
    {
        int filled = 0;
        if (position < Lanes)
        {
            return 0;
        }

        fixed (byte* text = json)
        {
            // Whatever is looked at below lies less than a window behind this, and no more than a vector before it.
            byte* at = text + position;
            byte* last = text + json.Length - Window;
            while (filled < values.Length && at <= last)
            {
                uint commas = Vector256.Equals(Vector256.Load(at), Vector256.Create((byte)','))
                    .ExtractMostSignificantBits();
                int comma = BitOperations.TrailingZeroCount(commas);
                int next = comma + 1;
                if (comma < Window - 2 && at[next] == ' ')
                {
                    next++; // By a branch: the next number does not wait for it.
                }

                // One comparison, as a sign is a coin toss; the point and the slash between come below.
                if (comma >= Window - 2 || (uint)(at[next] - '-') > '9' - '-')
                {
                    break;
                }

                int sign = at[0] == '-' ? 1 : 0;
                int point = sign + 1;
                long mantissa = at[sign] - '0';
                bool isWhole = at[point] == '.'
                    ? (ulong)mantissa <= 9
                    : TryWhole(at + sign, out mantissa, ref point);
                int fraction = Math.Max(comma - point - 1, 0);
                if (!isWhole || point - sign - (mantissa == 0 ? 1 : 0) + fraction > DigitsMax
                    || (point != comma && (at[point] != '.' || !TryFraction(at + comma, fraction, ref mantissa))))
                {
                    break;
                }

                // Both roundings together are off by less than two units of the last place. A float has 29 bits less:
                // only near the middle between two of them could that matter (Gay, 1990). Fractions of 18 digits stay
                // far above the least normal float. One comparison: whether it lies below or above the middle is
                // anybody's guess.
                double wide = mantissa / PowersOfTen[fraction];
                long off = (BitConverter.DoubleToInt64Bits(wide) & BelowFloat) - Middle;
                if ((ulong)(off + Unsure) <= 2 * Unsure)
                {
                    break;
                }

                values[filled++] = BitConverter.Int32BitsToSingle(
                    BitConverter.SingleToInt32Bits((float)wide) | (sign << 31));
                at += next;
            }

            if (filled > 0 && !MayBegin(*at))
            {
                filled--;
                at = BeginBefore(at, text + position);
            }

            position = (int)(at - text);
        }

        return filled;
    }

    /// <summary>Several digits before the point, or the comma.</summary>
    /// <param name="digits">At least eight bytes.</param>
    /// <param name="value">What they say.</param>
    /// <param name="point">From where the second digit is to what is behind the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool TryWhole(byte* digits, out long value, ref int point)
    {
        ulong bytes = Unsafe.ReadUnaligned<ulong>(digits) - 0x3030303030303030;
        int count = CountDigits(bytes);
        value = EightDigits(bytes << (8 * (WholeDigitsMax - count)));
        point += count - 1;
        return count == 1 || (count is > 1 and < WholeDigitsMax && digits[0] != '0');
    }

    /// <summary>The digits behind the point; false where there are others, or none.</summary>
    /// <param name="end">Behind the last of them, and behind sixteen bytes or more.</param>
    /// <param name="count">How many there are, 0..18.</param>
    /// <param name="mantissa">Gets them behind what it has.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool TryFraction(byte* end, int count, ref long mantissa)
    {
        // Bytes that are no digits become larger than nine, and what lies before the digits zero.
        Vector128<byte> digits = (Vector128.Load(end - Lanes) - Vector128.Create((byte)'0'))
            & Vector128.Create(Masks.Slice(Math.Min(count, Lanes), Lanes));
        mantissa = (mantissa * WholePowersOfTen[count]) + SixteenDigits(digits);
        for (int i = Lanes; i < count; i++)
        {
            uint digit = (uint)(end[-i - 1] - '0');
            mantissa += digit * WholePowersOfTen[i];
            count = digit <= 9 ? count : 0;
        }

        return count > 0 && !Vector128.GreaterThanAny(digits, Vector128.Create((byte)9));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long SixteenDigits(Vector128<byte> digits)
    {
        if (!Sse41.IsSupported)
        {
            Vector128<ulong> halves = digits.AsUInt64();
            return (EightDigits(halves.GetElement(0)) * 100_000_000) + EightDigits(halves.GetElement(1));
        }

        // Two digits each, then four, then eight.
        Vector128<short> twos = Ssse3.MultiplyAddAdjacent(
            digits, Vector128.Create((short)0x010A).AsSByte());
        Vector128<int> fours = Sse2.MultiplyAddAdjacent(twos, Vector128.Create(0x0001_0064).AsInt16());
        Vector128<short> packed = Sse41.PackUnsignedSaturate(fours, fours).AsInt16();
        ulong eights = Sse2.MultiplyAddAdjacent(packed, Vector128.Create(0x0001_2710).AsInt16()).AsUInt64().ToScalar();
        return ((long)(eights & uint.MaxValue) * 100_000_000) + (long)(eights >> 32);
    }

    /// <summary>Where the number begins that ends before here, with a comma and what may stand behind it.</summary>
    private static unsafe byte* BeginBefore(byte* after, byte* first)
    {
        byte* begin = after - (after[-1] == ' ' ? 2 : 1);
        while (begin > first && begin[-1] is (byte)'-' or (byte)'.' or (>= (byte)'0' and <= (byte)'9'))
        {
            begin--;
        }

        return begin;
    }

    /// <summary>True for what a number begins with.</summary>
    internal static bool MayBegin(byte first) => first == '-' || (uint)(first - '0') <= 9;

    /// <summary>How many of the first bytes are 0..9, up to eight; the first is the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountDigits(ulong bytes)
    {
        // A carry out of a byte reaches only those behind it, where it does not count any more.
        ulong others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
        return BitOperations.TrailingZeroCount(others) >> 3;
    }

    /// <summary>Eight bytes of 0..9, the first in the lowest, in three multiplications (Lemire, 2018).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long EightDigits(ulong digits)
    {
        digits = (digits * 10) + (digits >> 8);
        return (long)((((digits & 0x000000FF000000FF) * 0x000F424000000064)
            + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32);
    }
}
