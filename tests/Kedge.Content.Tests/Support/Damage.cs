using System.Diagnostics;
using System.Globalization;

namespace Kedge.Content.Tests.Support;

/// <summary>Damaged copies of good bytes: flips, cuts, insertions, huge lengths. Same seed, same copies.
/// KEDGE_FUZZ_SEED
/// starts from another seed; KEDGE_FUZZ_SECONDS goes on for so long, from a fresh seed where none is given.</summary>
internal static class Damage
{
    /// <summary>
    /// Hands so many damaged copies to a check. What it throws is wrapped with the seed that replays it.
    /// </summary>
    public static void Each(byte[] good, int count, Action<byte[]> check)
    {
        double? seconds = Number("KEDGE_FUZZ_SECONDS");
        int seed = (int?)Number("KEDGE_FUZZ_SEED") ?? (seconds is null ? 1 : Environment.TickCount & 0xFFFFFF);
        long start = Stopwatch.GetTimestamp();
        do
        {
            Round(good, seed, count, check);
            seed++;
        }
        while (seconds is not null && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
    }

    private static void Round(byte[] good, int seed, int count, Action<byte[]> check)
    {
        Random random = new(seed);
        for (int index = 0; index < count; index++)
        {
            byte[] bytes = [.. good];
            for (int times = random.Next(1, 5); times > 0; times--)
            {
                bytes = One(bytes, random);
            }

            try
            {
                check(bytes);
            }
            catch (Exception exception)
            {
                string hex = Convert.ToHexString(bytes);
                throw new InvalidOperationException($"replay with KEDGE_FUZZ_SEED={seed}; bytes {hex}", exception);
            }
        }
    }

    private static byte[] One(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        int at = random.Next(bytes.Length);
        switch (random.Next(6))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[random.Next(at, bytes.Length)..]];
            case 4:
                byte[] noise = new byte[random.Next(1, 12)];
                random.NextBytes(noise);
                return [.. bytes[..at], .. noise, .. bytes[at..]];
            default:
                byte[] huge = [0xFF, 0xFF, 0xFF, 0xFF, 0x07];
                huge.AsSpan(0, Math.Min(huge.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
        }
    }

    private static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out double number)
            ? number
            : null;
}
