using System.Buffers.Binary;
using System.Numerics;
using Kedge.Core;

namespace Kedge.Inference.Cache;

/// <summary>
/// SipHash-2-4 of 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the 128-bit variant of its
/// reference implementation), fed piece by piece. Problem: nobody may be able to make two inputs with one key of the
/// cache, and a model server in a sandbox has no library that computes SHA-256. Approach: a pseudo-random function
/// under a secret that only this process knows: without it, whoever chooses inputs can only guess. It allocates
/// nothing. Not thread-safe.
/// </summary>
public sealed class KeyedHash
{
    /// <summary>Length of a key, in bytes.</summary>
    public const int KeyBytes = 16;

    private const int WordBytes = 8;
    private readonly ulong _first;
    private readonly ulong _second;
    private readonly byte[] _rest = new byte[WordBytes];
    private int _restBytes;
    private long _bytes;
    private ulong _v0;
    private ulong _v1;
    private ulong _v2;
    private ulong _v3;

    /// <summary>A hash of nothing yet.</summary>
    /// <param name="key">A secret of <see cref="KeyBytes"/> bytes.</param>
    public KeyedHash(ReadOnlySpan<byte> key)
    {
        Check.That(key.Length == KeyBytes);
        _first = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _second = BinaryPrimitives.ReadUInt64LittleEndian(key[WordBytes..]);
        Reset();
    }

    /// <summary>Takes more bytes in.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _bytes += bytes.Length;
        if (_restBytes > 0)
        {
            int taken = Math.Min(WordBytes - _restBytes, bytes.Length);
            bytes[..taken].CopyTo(_rest.AsSpan(_restBytes));
            _restBytes += taken;
            bytes = bytes[taken..];
            if (_restBytes < WordBytes)
            {
                return;
            }

            Absorb(BinaryPrimitives.ReadUInt64LittleEndian(_rest));
        }

        while (bytes.Length >= WordBytes)
        {
            Absorb(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[WordBytes..];
        }

        bytes.CopyTo(_rest);
        _restBytes = bytes.Length;
    }

    /// <summary>The hash of all that came, and a new beginning.</summary>
    public (ulong First, ulong Second) Finish()
    {
        Span<byte> last = stackalloc byte[WordBytes];
        _rest.AsSpan(0, _restBytes).CopyTo(last);
        last[WordBytes - 1] = (byte)_bytes;
        Absorb(BinaryPrimitives.ReadUInt64LittleEndian(last));
        _v2 ^= 0xee;
        Rounds(4);
        ulong first = _v0 ^ _v1 ^ _v2 ^ _v3;
        _v1 ^= 0xdd;
        Rounds(4);
        ulong second = _v0 ^ _v1 ^ _v2 ^ _v3;
        Reset();
        return (first, second);
    }

    private void Reset()
    {
        _v0 = _first ^ 0x736f6d6570736575;
        _v1 = _second ^ 0x646f72616e646f6d ^ 0xee;
        _v2 = _first ^ 0x6c7967656e657261;
        _v3 = _second ^ 0x7465646279746573;
        _restBytes = 0;
        _bytes = 0;
    }

    private void Absorb(ulong word)
    {
        _v3 ^= word;
        Rounds(2);
        _v0 ^= word;
    }

    private void Rounds(int count)
    {
        // Locals stay in registers.
        (ulong a, ulong b, ulong c, ulong d) = (_v0, _v1, _v2, _v3);
        for (int i = 0; i < count; i++)
        {
            a += b;
            b = BitOperations.RotateLeft(b, 13) ^ a;
            a = BitOperations.RotateLeft(a, 32);
            c += d;
            d = BitOperations.RotateLeft(d, 16) ^ c;
            a += d;
            d = BitOperations.RotateLeft(d, 21) ^ a;
            c += b;
            b = BitOperations.RotateLeft(b, 17) ^ c;
            c = BitOperations.RotateLeft(c, 32);
        }

        (_v0, _v1, _v2, _v3) = (a, b, c, d);
    }
}
