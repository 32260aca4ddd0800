using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>Weighs what decisions would cost, without writing them: how codecs are compared on a sample.</summary>
internal struct EntropyCost : IEntropyCoder
{
    private const int TableBits = 12;
    private const int Units = 256;

    private static readonly ushort[] Costs = MakeCosts();

    private long _units;

    public static bool IsReading => false;

    /// <summary>What everything up to here costs, in bits.</summary>
    public readonly long Bits => _units / Units;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Bit(ref uint model, bool bit)
    {
        uint no = BitModel.No(model);
        _units += Costs[(bit ? 65536 - no : no) >> (16 - TableBits)];
        BitModel.Learn(ref model, bit);
        return bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Plain(ulong value, int count)
    {
        _units += (long)count * Units;
        return value;
    }

    /// <summary>Logarithms by integers: squaring a number doubles its logarithm, one bit at a time.</summary>
    private static ushort[] MakeCosts()
    {
        ushort[] costs = new ushort[(1 << TableBits) + 1];
        for (int index = 0; index < costs.Length; index++)
        {
            // The middle of the step that the index stands for, as a fraction of 2^32.
            ulong fraction = Math.Min((((ulong)index << 1) + 1) << (31 - TableBits), uint.MaxValue);
            int units = 0;
            while (fraction < 1UL << 31)
            {
                fraction <<= 1;
                units += Units;
            }

            for (int half = Units / 2; half > 0; half /= 2)
            {
                fraction = (fraction * fraction) >> 32;
                if (fraction < 1UL << 31)
                {
                    fraction <<= 1;
                    units += half;
                }
            }

            costs[index] = (ushort)units;
        }

        return costs;
    }
}
