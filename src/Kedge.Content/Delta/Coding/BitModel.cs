using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// What was learned of one binary decision, in 32 bits: the probability of "no" in 24 bits and how often the decision
/// was met in 8. The n-th meeting moves the probability by 1/(n + 1.5) of the way to what happened, so that the first
/// few
/// teach quickly and the later ones converge (the estimator of Krichevsky and Trofimov, IEEE Trans. Inf. Theory 27(2),
/// 1981, with a bound on n so that what changes later is followed too). Integers only: every machine learns the same.
/// </summary>
internal static class BitModel
{
    /// <summary>Nothing known: even chances.</summary>
    public const uint Fresh = 0x8000_0000;

    /// <summary>Meetings that are counted; later ones weigh as the last of these.</summary>
    public const uint MeetingsMax = 255;

    private static readonly ushort[] Rates = MakeRates();

    /// <summary>The probability of "no" in 1/65536, 1..65535.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint No(uint model) => (model >> 16) | 1;

    /// <summary>Learns from one decision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Learn(ref uint model, bool bit)
    {
        uint met = model & 0xFF;
        int no = (int)(model >> 8);
        int happened = bit ? 0 : 0xFF_FFFF;
        uint rate = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Rates), met);
        no += (int)(((long)(happened - no) * rate) >> 16);
        model = ((uint)no << 8) | (met < MeetingsMax ? met + 1 : met);
    }

    private static ushort[] MakeRates()
    {
        ushort[] rates = new ushort[MeetingsMax + 1];
        for (int met = 0; met < rates.Length; met++)
        {
            rates[met] = (ushort)((65536 * 2) / ((2 * met) + 3));
        }

        return rates;
    }
}
