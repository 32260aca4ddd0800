namespace Kedge.Content.Chunking;

/// <summary>One 64-bit number for each byte value, as the gear hash asks for. The numbers are the first 256 of
/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014) from a fixed seed.
/// They never change: other numbers would cut elsewhere, and nothing stored before would be shared any more.</summary>
internal static class GearTable
{
    private const ulong Seed = 0x6B65646765; // "kedge"

    public static readonly ulong[] Values = Make();

    private static ulong[] Make()
    {
        ulong[] values = new ulong[256];
        ulong state = Seed;
        for (int index = 0; index < values.Length; index++)
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            values[index] = mixed ^ (mixed >> 31);
        }

        return values;
    }
}
