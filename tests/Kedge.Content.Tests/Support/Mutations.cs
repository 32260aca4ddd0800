namespace Kedge.Content.Tests.Support;

/// <summary>Damaged copies of good bytes: flips, cuts, insertions, repeats. Same seed, same copies.</summary>
internal static class Mutations
{
    public static IEnumerable<byte[]> Of(byte[] good, int seed, int count)
    {
        Random random = new(seed);
        for (int index = 0; index < count; index++)
        {
            byte[] bytes = [.. good];
            for (int round = random.Next(1, 5); round > 0; round--)
            {
                bytes = One(bytes, random);
            }

            yield return bytes;
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
                huge.AsSpan(0, Math.Min(5, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
        }
    }
}
