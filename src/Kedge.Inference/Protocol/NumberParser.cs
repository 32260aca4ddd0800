using System.Globalization;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads JSON numbers (RFC 8259 §6) out of tensor data: strict in grammar, correctly rounded, several times as fast as
/// the general parser for the short numbers that tensors hold. What the fast way cannot decide goes the general way.
/// </summary>
internal static class NumberParser
{
    // Exactly representable: a product or quotient with them is rounded once (Clinger, 1990).
    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    private const ulong ExactIntegerMax = 1UL << 53;
    private const int DigitsMax = 19;

    /// <summary>What the digits of a number say, and where it ends.</summary>
    private ref struct Scanned
    {
        internal bool Negative;
        internal ulong Mantissa;
        internal int Exponent;
        internal bool Exact;
        internal bool Integer;
        internal int End;
    }

    internal static ScanResult ReadDouble(ReadOnlySpan<byte> json, ref int position, out double value)
    {
        value = 0;
        if (json[position] == '"')
        {
            return ReadNamed(json, ref position, out value);
        }

        if (!TryScan(json, position, out Scanned number))
        {
            return NotANumber(json, position);
        }

        if (!TryFast(number, out value) && !double.TryParse(
            json[position..number.End], NumberStyles.Float, CultureInfo.InvariantCulture, out value))
        {
            return ScanResult.NotJson;
        }

        position = number.End;
        return double.IsFinite(value) ? ScanResult.Done : ScanResult.NotValue;
    }

    internal static ScanResult ReadSingle(ReadOnlySpan<byte> json, ref int position, out float value)
    {
        value = 0;
        if (json[position] == '"')
        {
            ScanResult named = ReadNamed(json, ref position, out double special);
            value = (float)special;
            return named;
        }

        if (!TryScan(json, position, out Scanned number))
        {
            return NotANumber(json, position);
        }

        if (TryFast(number, out double wide) && IsSafeToNarrow(wide))
        {
            value = (float)wide;
        }
        else if (!float.TryParse(
            json[position..number.End], NumberStyles.Float, CultureInfo.InvariantCulture, out value))
        {
            return ScanResult.NotJson;
        }

        position = number.End;
        return float.IsFinite(value) ? ScanResult.Done : ScanResult.NotValue;
    }

    internal static ScanResult ReadHalf(ReadOnlySpan<byte> json, ref int position, out Half value)
    {
        value = default;
        int start = position;
        if (json[position] == '"')
        {
            ScanResult named = ReadNamed(json, ref position, out double special);
            value = (Half)special;
            return named;
        }

        if (!TryScan(json, start, out Scanned number))
        {
            return NotANumber(json, start);
        }

        position = number.End;
        bool read = Half.TryParse(
            json[start..number.End], NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        return !read ? ScanResult.NotJson : Half.IsFinite(value) ? ScanResult.Done : ScanResult.NotValue;
    }

    internal static ScanResult ReadSigned(
        ReadOnlySpan<byte> json, ref int position, long least, long most, out long value)
    {
        value = 0;
        if (!TryScan(json, position, out Scanned number))
        {
            return NotANumber(json, position);
        }

        position = number.End;
        ulong limit = number.Negative ? (ulong)-(least + 1) + 1 : (ulong)most;
        if (!number.Integer || !number.Exact || number.Mantissa > limit)
        {
            return ScanResult.NotValue;
        }

        value = number.Negative ? (long)(0 - number.Mantissa) : (long)number.Mantissa;
        return ScanResult.Done;
    }

    internal static ScanResult ReadUnsigned(ReadOnlySpan<byte> json, ref int position, ulong most, out ulong value)
    {
        value = 0;
        int start = position;
        if (!TryScan(json, start, out Scanned number))
        {
            return NotANumber(json, start);
        }

        position = number.End;
        bool fits = number.Integer && (!number.Negative || (number.Exact && number.Mantissa == 0));
        if (fits && number.Exact)
        {
            value = number.Mantissa;
            return value <= most ? ScanResult.Done : ScanResult.NotValue;
        }

        // 20 digits reach above the mantissa kept here, and below 2^64.
        return fits && ulong.TryParse(
            json[start..number.End], NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= most
            ? ScanResult.Done
            : ScanResult.NotValue;
    }

    private static bool TryFast(in Scanned number, out double value)
    {
        value = 0;
        if (!number.Exact || number.Mantissa > ExactIntegerMax || number.Exponent is < -22 or > 22)
        {
            return false;
        }

        value = number.Exponent < 0
            ? number.Mantissa / PowersOfTen[-number.Exponent]
            : number.Mantissa * PowersOfTen[number.Exponent];
        value = number.Negative ? -value : value;
        return true;
    }

    // Rounding twice is wrong only where the double lies on the middle between two floats, or below the normal ones.
    private static bool IsSafeToNarrow(double wide)
    {
        const long BelowFloat = 0x1FFF_FFFF;
        const long Middle = 0x1000_0000;
        double size = Math.Abs(wide);
        return (BitConverter.DoubleToInt64Bits(wide) & BelowFloat) != Middle
            && (size is >= 1.1754943508222875E-38 and <= 3.4028234663852886E+38 || size == 0);
    }

    private static bool TryScan(ReadOnlySpan<byte> json, int start, out Scanned number)
    {
        number = new Scanned { Exact = true, Integer = true };
        int at = start;
        if (at < json.Length && json[at] == '-')
        {
            number.Negative = true;
            at++;
        }

        int digits = 0;
        int first = at;
        ReadDigits(json, ref at, ref number, ref digits, exponentStep: 0);
        if (at == first || (json[first] == '0' && at - first > 1))
        {
            return false;
        }

        if (at < json.Length && json[at] == '.')
        {
            number.Integer = false;
            int fraction = ++at;
            ReadDigits(json, ref at, ref number, ref digits, exponentStep: -1);
            if (at == fraction)
            {
                return false;
            }
        }

        if (at < json.Length && (json[at] | 0x20) == 'e' && !TryScanExponent(json, ref at, ref number))
        {
            return false;
        }

        number.End = at;
        return true;
    }

    private static void ReadDigits(
        ReadOnlySpan<byte> json, ref int at, ref Scanned number, ref int digits, int exponentStep)
    {
        ulong mantissa = number.Mantissa;
        int exponent = 0;
        while (at < json.Length)
        {
            uint digit = (uint)(json[at] - '0');
            if (digit > 9)
            {
                break;
            }

            if (digits >= DigitsMax)
            {
                number.Exact = false;
            }
            else
            {
                mantissa = (mantissa * 10) + digit;
                digits += mantissa == 0 ? 0 : 1;
                exponent += exponentStep;
            }

            at++;
        }

        number.Mantissa = mantissa;
        number.Exponent += exponent;
    }

    private static bool TryScanExponent(ReadOnlySpan<byte> json, ref int at, ref Scanned number)
    {
        number.Integer = false;
        at++;
        bool negative = at < json.Length && json[at] == '-';
        if (at < json.Length && json[at] is (byte)'-' or (byte)'+')
        {
            at++;
        }

        int first = at;
        int exponent = 0;
        while (at < json.Length && json[at] is >= (byte)'0' and <= (byte)'9')
        {
            exponent = Math.Min((exponent * 10) + (json[at] - '0'), 100_000);
            at++;
        }

        number.Exponent += negative ? -exponent : exponent;
        return at > first;
    }

    private static ScanResult ReadNamed(ReadOnlySpan<byte> json, ref int position, out double value)
    {
        ReadOnlySpan<byte> rest = json[position..];
        (value, int length) = rest switch
        {
            _ when rest.StartsWith("\"NaN\""u8) => (double.NaN, 5),
            _ when rest.StartsWith("\"Infinity\""u8) => (double.PositiveInfinity, 10),
            _ when rest.StartsWith("\"-Infinity\""u8) => (double.NegativeInfinity, 11),
            _ => (0, 0),
        };
        position += length;
        return length > 0 ? ScanResult.Done : ScanResult.NotValue;
    }

    // Something that is JSON but no number is a wrong value; anything else is broken JSON.
    private static ScanResult NotANumber(ReadOnlySpan<byte> json, int position) =>
        json[position] is (byte)'"' or (byte)'{' or (byte)'t' or (byte)'f' or (byte)'n'
            ? ScanResult.NotValue
            : ScanResult.NotJson;
}
