using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Writes floats as the shortest decimals that read back to the same bits, of two such the nearer one, in the form in
/// which .NET writes them, several times as fast. Method: Giulietti, "The Schubfach way to render doubles", 2021: the
/// value and the two middles to its neighbours, times a power of ten, in integers, rounded so that every comparison
/// comes out as with the exact ones.
/// </summary>
internal static unsafe class ShortestDecimal
{
    /// <summary>Bytes of the longest, at most.</summary>
    internal const int BytesMax = 16;

    private const int FractionBits = 23;
    private const int ExponentBias = 127 + FractionBits;
    private const uint FractionMask = (1u << FractionBits) - 1;

    // Of the powers of ten that floats need.
    private const int PowerMin = -31;
    private const int PowerMax = 45;

    // Where .NET changes to an exponent: places before the point, and zeros behind it.
    private const int PlacesMax = 9;
    private const int PlacesMin = -3;

    private static readonly ulong[] Powers = [.. Enumerable.Range(PowerMin, PowerMax - PowerMin + 1).Select(Power)];

    /// <summary>Two digits each, from 00 to 99.</summary>
    private static ReadOnlySpan<byte> Pairs =>
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"u8
        + "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"u8;

    /// <summary>Writes one.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="to">Room for <see cref="BytesMax"/>.</param>
    /// <returns>How many bytes it took.</returns>
    internal static int Write(float value, Span<byte> to)
    {
        Kedge.Core.Check.That(to.Length >= BytesMax);
        fixed (byte* begin = to)
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            byte* at = begin;
            *at = (byte)'-';
            at += bits >> 31;
            bits &= int.MaxValue;
            if (bits == 0)
            {
                *at = (byte)'0';
                return (int)(at + 1 - begin);
            }

            uint digits = Shortest(bits, out int exponent);
            return (int)(Lay(at, digits, exponent) - begin);
        }
    }

    /// <summary>The digits, without a zero at their end, and the power of ten that they count.</summary>
    /// <param name="bits">Of a positive value.</param>
    /// <param name="exponent">The power.</param>
    private static uint Shortest(uint bits, out int exponent)
    {
        uint fraction = bits & FractionMask;
        int biased = (int)(bits >> FractionBits);
        uint mantissa = biased == 0 ? fraction : fraction | (1u << FractionBits);
        int power = Math.Max(biased, 1) - ExponentBias;

        // Below a power of two the neighbour is only half as far away.
        bool isLowerNear = fraction == 0 && biased > 1;
        uint odd = mantissa & 1;
        exponent = ((power * 1262611) - (isLowerNear ? 524031 : 0)) >> 22; // Of ten: no greater than the value's.
        int shift = power + ((-exponent * 1741647) >> 19) + 1;
        ulong scale = Powers[-exponent - PowerMin];
        uint middle = mantissa << 2;
        uint lower = Scaled(scale, (middle - 2 + (isLowerNear ? 1u : 0)) << shift) + odd;
        uint scaled = Scaled(scale, middle << shift);
        uint upper = Scaled(scale, (middle + 2) << shift) - odd;

        uint fine = scaled >> 2;
        uint coarse = fine / 10;
        if (fine >= 10)
        {
            bool isBelow = lower <= 40 * coarse;
            bool isAbove = (40 * coarse) + 40 <= upper;
            if (isBelow != isAbove)
            {
                exponent++;
                return WithoutZeros(coarse + (isAbove ? 1u : 0), ref exponent);
            }
        }

        bool isFineBelow = lower <= fine << 2;
        bool isFineAbove = (fine << 2) + 4 <= upper;
        bool goesUp = isFineBelow != isFineAbove ? isFineAbove : scaled + (fine & 1) > (fine << 2) + 2;
        return WithoutZeros(fine + (goesUp ? 1u : 0), ref exponent);
    }

    /// <summary>A product over 2^64, rounded to odd where it is not whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Scaled(ulong scale, uint value)
    {
        // Of 96 bits the lowest 32 never count: two products of 64 bits are enough.
        ulong low = (ulong)(uint)scale * value;
        ulong high = ((scale >> 32) * value) + (low >> 32);
        return (uint)(high >> 32) | ((uint)high > 1 ? 1u : 0);
    }

    private static uint WithoutZeros(uint digits, ref int exponent)
    {
        while (true)
        {
            uint shorter = digits / 10;
            if (shorter * 10 != digits)
            {
                return digits;
            }

            digits = shorter;
            exponent++;
        }
    }

    private static byte* Lay(byte* at, uint digits, int exponent)
    {
        int count = CountDigits(digits);
        int places = count + exponent;
        if (places is > PlacesMax or < PlacesMin)
        {
            return LayScientific(at, digits, count, places - 1);
        }

        if (places <= 0)
        {
            *(uint*)at = 0x3030_2E30; // "0.00"
            *(at + 4) = (byte)'0';
            at += 2 - places;
            LayDigits(at, digits, count);
            return at + count;
        }

        if (exponent >= 0)
        {
            LayDigits(at, digits, count);
            new Span<byte>(at + count, exponent).Fill((byte)'0');
            return at + places;
        }

        // All digits one further on, then those before the point once more.
        LayDigits(at + 1, digits, count);
        for (int i = 0; i < places; i++)
        {
            at[i] = at[i + 1];
        }

        at[places] = (byte)'.';
        return at + count + 1;
    }

    private static byte* LayScientific(byte* at, uint digits, int count, int exponent)
    {
        LayDigits(at + 1, digits, count);
        at[0] = at[1];
        at[1] = (byte)'.';
        at += count == 1 ? 1 : count + 1;
        at[0] = (byte)'E';
        at[1] = exponent < 0 ? (byte)'-' : (byte)'+';
        LayDigits(at + 2, (uint)Math.Abs(exponent), 2);
        return at + 4;
    }

    /// <summary>Writes so many digits, from the last to the first.</summary>
    private static void LayDigits(byte* at, uint digits, int count)
    {
        ref byte pairs = ref MemoryMarshal.GetReference(Pairs);
        for (; count > 1; count -= 2)
        {
            uint rest = digits / 100;
            Unsafe.WriteUnaligned(
                at + count - 2, Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref pairs, 2 * (digits - (rest * 100)))));
            digits = rest;
        }

        if (count == 1)
        {
            *at = (byte)('0' + digits);
        }
    }

    /// <summary>How many digits a number has, 1..9.</summary>
    private static int CountDigits(uint digits) =>
        digits >= 100_000_000 ? 9
        : digits >= 10_000_000 ? 8
        : digits >= 1_000_000 ? 7
        : digits >= 100_000 ? 6
        : digits >= 10_000 ? 5
        : digits >= 1_000 ? 4
        : digits >= 100 ? 3
        : digits >= 10 ? 2 : 1;

    /// <summary>A power of ten as a fraction of 64 bits, the first of them set, rounded up.</summary>
    private static ulong Power(int exponent)
    {
        BigInteger ten = BigInteger.Pow(10, Math.Abs(exponent));
        int bits = (int)ten.GetBitLength();
        return exponent >= 0
            ? (ulong)(bits > 64 ? ten >> (bits - 64) : ten << (64 - bits)) + 1
            : (ulong)((BigInteger.One << (63 + bits)) / ten) + 1;
    }
}
