using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads decimals of one list many at a time, on processors with SSE 4.1. Problem: where a number begins is known only
/// when the one before it has been read, and the processor waits for that. Approach (after Langdale and Lemire, 2019):
/// the commas of a block are found first, 64 characters at a time; then each number is taken from before its comma, two
/// at once, digits shuffled to where they count, without a branch. What is wrong with any of them is looked at in the
/// end: such a block is left alone, whole, to whoever reads numbers one by one.
/// </summary>
internal static unsafe class DecimalBlock
{
    /// <summary>Characters of a block; a shorter rest is not worth the while.</summary>
    private const int BlockBytes = 1024;
    private const int ShortestBytes = 128;

    private const int BlockRoom = BlockBytes + (2 * Word);
    private const int Word = 64; // Characters whose commas are found at once.
    private const int Lanes = 16; // Characters looked at of a number.
    private const int WholeDigitsMax = 8;

    // A row for each place of the point, counted from the end, for each sign and each length; Lanes is no point.
    private const int LengthShift = 4;
    private const int SignShift = 9;
    private const int PointShift = 10;
    private const int RowBytes = 16;
    private const int TableBytes = (Lanes + 1) << PointShift;

    /// <summary>What a first character adds to a row: a sign is no part of the number's length.</summary>
    private const uint SignRow = (1 << SignShift) - (1 << LengthShift);
    private const uint StrayRow = 2 << PointShift; // Two rows on, whichever that is.

    // In the memory of the tables: first where each digit goes, then what a number is divided by, then the least that
    // it may be, then for each first character what it adds.
    private const int Scales = TableBytes;
    private const int Leasts = 2 * TableBytes;
    private const int Firsts = 3 * TableBytes;

    private const int AllTables = Firsts + (256 * sizeof(uint)) + (int)StrayRow;

    private const long BelowFloat = 0x1FFF_FFFF;
    private const long Middle = 0x1000_0000;
    private const long Unsure = 8;

    private static readonly byte* Tables = MakeTables();

    internal static bool IsSupported => Sse41.IsSupported && Popcnt.X64.IsSupported && Lzcnt.X64.IsSupported;

    /// <summary>
    /// Reads floats, rounded to nearest: those of one block that are followed by a comma and another number.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="position">
    /// Where a number starts, behind sixteen bytes or more; afterwards where the one starts that was not read.
    /// </param>
    /// <param name="values">Gets them; what lies behind those that were read may change.</param>
    /// <returns>How many were read; 0 where there is something else, or too little.</returns>
    internal static int Read(ReadOnlySpan<byte> json, ref int position, Span<float> values)
    {
        int length = Math.Min(BlockBytes, (json.Length - position - Lanes) & -Word);
        if (!IsSupported || position < Lanes || length < ShortestBytes)
        {
            return 0;
        }

        int read = Read(json, ref position, length, values);
        if (read == 0)
        {
            // Nearly no block has the end of an inner list, behind which commas say nothing: it is looked for last.
            int end = json.Slice(position, length).IndexOf((byte)']');
            read = end < ShortestBytes ? 0 : Read(json, ref position, end, values);
        }

        return read;
    }

    [SkipLocalsInit]
    private static int Read(ReadOnlySpan<byte> json, ref int position, int length, Span<float> values)
    {
        // Commas from one before the first to a vector behind the last; then how long the numbers before them are.
        uint* room = stackalloc uint[2 * BlockRoom];
        uint* commas = room + 1;
        fixed (byte* start = json)
        fixed (float* first = values)
        {
            byte* text = start + position;
            int count = Math.Min(FindCommas(text, length, commas), values.Length);
            int gap = count > 0 && text[commas[0] + 1] == ' ' ? 2 : 1;
            count &= ~1;
            while (count > 0 && !FastDecimal.MayBegin(text[commas[count - 1] + gap]))
            {
                count -= 2;
            }

            commas[-1] = (uint)-gap;
            if (count == 0 || !TryMeasure(text, commas, count, gap)
                || !TryConvert(text + gap, commas, (nuint)count, first, gap))
            {
                return 0;
            }

            position += (int)commas[count - 1] + gap;
            return count;
        }
    }

    /// <summary>
    /// Where the commas are in so many characters, which are read to the end of their word; a few places behind the
    /// last may change.
    /// </summary>
    /// <returns>How many there are.</returns>
    private static int FindCommas(byte* text, int length, uint* commas)
    {
        uint* next = commas;
        for (int at = 0; at < length; at += Word)
        {
            ulong found = CommasOf(text + at) | (CommasOf(text + at + 16) << 16)
                | (CommasOf(text + at + 32) << 32) | (CommasOf(text + at + 48) << 48);
            if (length - at < Word)
            {
                found &= (1UL << (length - at)) - 1;
            }

            // Eight at least, as a branch for each would cost more than those that are not there.
            uint* end = next + (int)Popcnt.X64.PopCount(found);
            int before = at - 1;
            do
            {
                found = TakeTwo(found, before, next);
                found = TakeTwo(found, before, next + 2);
                found = TakeTwo(found, before, next + 4);
                found = TakeTwo(found, before, next + 6);
                next += 8;
            }
            while (next < end);
            next = end;
        }

        return (int)(next - commas);
    }

    /// <summary>
    /// Writes where the two lowest bits are and returns the others. Where there is none, it writes something else.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong TakeTwo(ulong found, int before, uint* to)
    {
        ulong below = found - 1;
        to[0] = (uint)(before + (int)Popcnt.X64.PopCount(found ^ below));
        found &= below;
        below = found - 1;
        to[1] = (uint)(before + (int)Popcnt.X64.PopCount(found ^ below));
        return found & below;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong CommasOf(byte* text) =>
        (uint)Sse2.MoveMask(Sse2.CompareEqual(Sse2.LoadVector128(text), Vector128.Create((byte)',')));

    /// <summary>
    /// How long each number is, and one more, as part of its row; false where one is too long, or does not stand where
    /// it should.
    /// </summary>
    private static bool TryMeasure(byte* text, uint* commas, int count, int gap)
    {
        // The last vector may go beyond the last number.
        Vector128<uint> tail = Vector128.Create(commas[count - 1]);
        Sse2.Store(commas + count, tail + ((Vector128<uint>.Indices + Vector128<uint>.One) * Vector128.Create(4u)));
        Vector128<uint> longest = Vector128<uint>.Zero;
        Vector128<uint> before = Vector128.Create((uint)gap - 1);
        for (int i = 0; i < count; i += Vector128<uint>.Count)
        {
            Vector128<uint> length = Sse2.LoadVector128(commas + i) - Sse2.LoadVector128(commas + i - 1) - before;
            longest = Sse41.Max(longest, length);
            Sse2.Store(commas + BlockRoom + i, length << LengthShift);
        }

        if (Vector128.GreaterThanAny(longest, Vector128.Create((uint)Lanes + 1)))
        {
            return false;
        }

        bool isSpaced = true;
        for (int i = 0; gap > 1 && i < count; i++)
        {
            isSpaced &= text[commas[i] + 1] == ' ';
        }

        return isSpaced;
    }

    /// <summary>
    /// False where any of them is not what is read here; what it wrote then means nothing. The text is moved by the gap
    /// between a comma and the begin of the next number.
    /// </summary>
    private static bool TryConvert(byte* first, uint* commas, nuint count, float* room, int gap)
    {
        byte* tables = Tables;
        byte* rows = tables - ((Lanes - 1) << PointShift); // So many of 32 bits always lead what is counted below.
        byte* ends = first - gap - Lanes;
        Vector128<byte> seen = Vector128<byte>.Zero;
        Vector128<long> unsure = Vector128<long>.Zero;
        uint firsts = 0;
        nint before = -gap;
        for (nuint i = 0; i < count; i += 2)
        {
            nint end = (nint)commas[i];
            nint secondEnd = (nint)commas[i + 1];
            uint begin = ((uint*)(tables + Firsts))[first[before]];
            uint secondBegin = ((uint*)(tables + Firsts))[first[end]];
            before = secondEnd;
            firsts |= begin | secondBegin;
            Vector128<byte> characters = Sse2.LoadVector128(ends + end);
            Vector128<byte> secondCharacters = Sse2.LoadVector128(ends + secondEnd);
            byte* row = rows + RowOf(characters, commas[i + BlockRoom] + begin);
            byte* secondRow = rows + RowOf(secondCharacters, commas[i + BlockRoom + 1] + secondBegin);
            Vector128<byte> zero = Vector128.Create((byte)'0');
            Vector128<byte> digits = Ssse3.Shuffle(characters - zero, Sse2.LoadAlignedVector128(row));
            Vector128<byte> secondDigits =
                Ssse3.Shuffle(secondCharacters - zero, Sse2.LoadAlignedVector128(secondRow));
            seen = Sse2.Max(seen, Sse2.Max(digits, secondDigits));
            Vector128<double> mantissas = SixteenDigits(digits, secondDigits);
            Vector128<double> wide = mantissas / Both(row + Scales, secondRow + Scales);
            Sse.StoreLow(room + i, Sse2.ConvertToVector128Single(wide));

            // Near the middle between two floats another digit would decide (see FastDecimal), and a zero must not
            // lead.
            Vector128<long> off = wide.AsInt64() + Vector128.Create(Unsure - Middle);
            unsure |= Sse41.CompareEqual(off & Vector128.Create(BelowFloat & -(2 * Unsure)), Vector128<long>.Zero)
                | Sse2.CompareLessThan(mantissas, Both(row + Leasts, secondRow + Leasts)).AsInt64();
        }

        return (firsts & StrayRow) == 0 && !Vector128.GreaterThanAny(seen, Vector128.Create((byte)9))
            && Sse2.MoveMask(unsure.AsDouble()) == 0;
    }

    /// <summary>
    /// The row of a number: by its length and sign, and by the last point of sixteen characters; where that belongs to
    /// a number before, this one has none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint RowOf(Vector128<byte> characters, uint length)
    {
        uint points = (uint)Sse2.MoveMask(Sse2.CompareEqual(characters, Vector128.Create((byte)'.')));
        return (Lzcnt.LeadingZeroCount((2 * points) + 1) << PointShift) + length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Both(byte* first, byte* second) =>
        Sse2.LoadHigh(Sse2.LoadScalarVector128((double*)first), (double*)second);

    /// <summary>Sixteen digits each of two numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> SixteenDigits(Vector128<byte> first, Vector128<byte> second)
    {
        // Two digits each, then four, then eight; the sum is rounded once where there are sixteen.
        Vector128<sbyte> byTen = Vector128.Create((short)0x010A).AsSByte();
        Vector128<short> byHundred = Vector128.Create(0x0001_0064).AsInt16();
        Vector128<int> fours = Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(first, byTen), byHundred);
        Vector128<int> secondFours = Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(second, byTen), byHundred);
        Vector128<short> packed = Sse41.PackUnsignedSaturate(fours, secondFours).AsInt16();
        Vector128<int> eights = Sse2.MultiplyAddAdjacent(packed, Vector128.Create(0x0001_2710).AsInt16());
        Vector128<double> high = Sse2.ConvertToVector128Double(Sse2.Shuffle(eights, 0b11_01_10_00));
        Vector128<double> low = Sse2.ConvertToVector128Double(Sse2.Shuffle(eights, 0b10_00_11_01));
        return (high * 1e8) + low;
    }

    private static byte* MakeTables()
    {
        byte* tables = (byte*)NativeMemory.AlignedAlloc(AllTables, Word);
        for (int row = 0; row < TableBytes; row += RowBytes)
        {
            MakeRow(tables + row, row >> PointShift, ((row >> LengthShift) & 31) - 1, (row >> SignShift) % 2 != 0);
        }

        for (int i = 0; i < 256; i++)
        {
            ((uint*)(tables + Firsts))[i] = !FastDecimal.MayBegin((byte)i) ? StrayRow : i == '-' ? SignRow : 0;
        }

        return tables;
    }

    private static void MakeRow(byte* row, int fraction, int length, bool isNegative)
    {
        const byte Nothing = 0x80;

        // Divided by it, any number is one of which nobody is sure.
        double never = BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0000 | Middle);
        bool isWhole = fraction >= length;
        int whole = isWhole ? length : length - fraction - 1;
        fraction = isWhole ? 0 : fraction;
        bool isNumber = length <= Lanes && whole is >= 1 and <= WholeDigitsMax && (isWhole || fraction > 0);
        for (int i = 0; i < Lanes; i++)
        {
            // From the end: the fraction lies as it should, what is before the point one too far left.
            row[Lanes - 1 - i] = !isNumber || i >= whole + fraction
                ? Nothing
                : (byte)(Lanes - 1 - i - (i < fraction || isWhole ? 0 : 1));
        }

        double scale = isNumber ? Math.Pow(10, fraction) : never;
        *(double*)(row + Scales) = isNegative ? -scale : scale;
        *(double*)(row + Leasts) = whole > 1 ? Math.Pow(10, whole + fraction - 1) : 0;
    }
}
