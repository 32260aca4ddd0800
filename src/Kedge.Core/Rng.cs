using System.Buffers.Binary;
using System.Numerics;

namespace Kedge.Core;

/// <summary>
/// A small seeded generator (xoshiro256**, Blackman and Vigna, 2018): the same seed gives the same numbers on every
/// machine, so that a simulated run can be replayed. Seeded with 32 random bytes its output cannot be guessed from
/// outside, but it is no cipher: keys never come from it. Used by one thread at a time.
/// </summary>
public sealed class Rng
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>A generator for a test or a simulation.</summary>
    public Rng(ulong seed)
    {
        _a = Spread(ref seed);
        _b = Spread(ref seed);
        _c = Spread(ref seed);
        _d = Spread(ref seed);
    }

    /// <summary>A generator for a running program.</summary>
    /// <param name="seed">32 bytes, not all zero.</param>
    public Rng(ReadOnlySpan<byte> seed)
    {
        Check.That(seed.Length == 32);
        Check.That(seed.ContainsAnyExcept((byte)0));
        _a = BinaryPrimitives.ReadUInt64LittleEndian(seed);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(seed[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(seed[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(seed[24..]);
    }

    /// <summary>Any 64 bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0..<paramref name="below"/>-1, each as likely to within 2^-32.</summary>
    /// <param name="below">1 or more.</param>
    public int Below(int below)
    {
        Check.That(below > 0);
        return (int)(((Next() >> 32) * (ulong)below) >> 32);
    }

    /// <summary>At least 0 and less than 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Random text of <paramref name="bytes"/> bytes in lower-case hex.</summary>
    public string Hex(int bytes)
    {
        byte[] text = new byte[bytes + 8];
        for (int at = 0; at < bytes; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(text.AsSpan(at), Next());
        }

        return Convert.ToHexStringLower(text.AsSpan(0, bytes));
    }

    private static ulong Spread(ref ulong seed)
    {
        // SplitMix64, as its authors advise for seeding.
        seed += 0x9E3779B97F4A7C15;
        ulong mixed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
