using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads the decimals that tensors are made of, <c>-0.12345678</c>, eight digits at a time. Whatever it is not certain
/// of, it leaves to <see cref="NumberParser"/>: exponents, more than nineteen digits, the end of the text, and values
/// so near to the middle between two floats that one more digit of precision would decide.
/// </summary>
internal static class FastDecimal
{
    // The longest that is read here: a sign, nineteen digits, a point, and eight bytes that are looked at beyond.
    private const int Window = 32;
    private const int DigitsMax = 18; // Below 2^63 whatever they are.
    private const long BelowFloat = 0x1FFF_FFFF;
    private const long Middle = 0x1000_0000;

    // What two roundings of a double can be off, in units of its last place, and a margin.
    private const long Unsure = 8;

    private static ReadOnlySpan<double> PowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ];

    /// <summary>Reads a float, rounded to nearest; false when somebody else is to read it.</summary>
    /// <param name="json">The text.</param>
    /// <param name="position">Where the number starts; behind it when it was read.</param>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryReadSingle(ReadOnlySpan<byte> json, ref int position, out float value)
    {
        value = 0;
        if (!TryScan(json, position, out long mantissa, out int fraction, out int length))
        {
            return false;
        }

        // Both roundings together are off by less than two units of the last place. A float has 29 bits less: only
        // near the middle between two of them could that matter (Gay, 1990). Fractions of 18 digits stay far above the
        // least normal float.
        double wide = mantissa / PowersOfTen[fraction];
        long off = (BitConverter.DoubleToInt64Bits(wide) & BelowFloat) - Middle;
        if (off is >= -Unsure and <= Unsure)
        {
            return false;
        }

        value = (float)(json[position] == '-' ? -wide : wide);
        position += length;
        return true;
    }

    private static bool TryScan(
        ReadOnlySpan<byte> json, int start, out long mantissa, out int fraction, out int length)
    {
        mantissa = 0;
        fraction = 0;
        length = 0;
        if (json.Length - start < Window)
        {
            return false;
        }

        ReadOnlySpan<byte> window = json.Slice(start, Window);
        int at = window[0] == '-' ? 1 : 0;
        int first = at;
        while (at < DigitsMax && (uint)(window[at] - '0') <= 9)
        {
            mantissa = (mantissa * 10) + (window[at++] - '0');
        }

        int whole = at - first;
        if (whole == 0 || (whole > 1 && window[first] == '0'))
        {
            return false;
        }

        if (window[at] == '.')
        {
            // A leading zero is no digit of the mantissa.
            whole = mantissa == 0 ? 0 : whole;
            int point = ++at;
            while (whole + (at - point) + 8 <= DigitsMax && TryReadEight(window[at..], out long eight))
            {
                mantissa = (mantissa * 100_000_000) + eight;
                at += 8;
            }

            while (whole + (at - point) < DigitsMax && (uint)(window[at] - '0') <= 9)
            {
                mantissa = (mantissa * 10) + (window[at++] - '0');
            }

            fraction = at - point;
            if (fraction == 0)
            {
                return false;
            }
        }

        // More digits, or an exponent.
        length = at;
        return (uint)(window[at] - '0') > 9 && (window[at] | 0x20) != 'e' && window[at] != '.';
    }

    /// <summary>Eight digits in three multiplications (Lemire, 2018); false when one of them is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadEight(ReadOnlySpan<byte> text, out long value)
    {
        ulong digits = BinaryPrimitives.ReadUInt64LittleEndian(text);
        bool isDigits = ((digits & 0xF0F0F0F0F0F0F0F0) | (((digits + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4))
            == 0x3333333333333333;
        digits -= 0x3030303030303030;
        digits = (digits * 10) + (digits >> 8);
        value = (long)((((digits & 0x000000FF000000FF) * 0x000F424000000064)
            + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32);
        return isDigits;
    }
}
