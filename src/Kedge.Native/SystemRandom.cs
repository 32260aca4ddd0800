namespace Kedge.Native;

/// <summary>
/// Bytes that nobody can foresee, from the kernel itself (getrandom(2)): for processes in a sandbox, which have no
/// library that the framework's own generator needs.
/// </summary>
public static class SystemRandom
{
    /// <summary>Fills with random bytes, 256 at most, which come whole.</summary>
    /// <exception cref="NativeException">The kernel gives none.</exception>
    public static unsafe void Fill(Span<byte> bytes)
    {
        const int AtOnceMax = 256;
        Kedge.Core.Check.That(bytes.Length <= AtOnceMax);
        fixed (byte* start = bytes)
        {
            // So many are never interrupted once the kernel has collected enough, which is long before we run.
            if (Libc.GetRandom(start, (nuint)bytes.Length, 0) != bytes.Length)
            {
                throw NativeException.Last("draw random bytes");
            }
        }
    }

    /// <summary>Random digits of 0-9 a-f.</summary>
    /// <param name="digits">How many, an even number up to 512.</param>
    public static string Hex(int digits)
    {
        Span<byte> bytes = stackalloc byte[digits / 2];
        Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
