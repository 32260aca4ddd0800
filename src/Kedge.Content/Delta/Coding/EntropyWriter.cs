using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Kedge.Core;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Writes decisions to one stream by range coding and plain bits to another. Range coding: G. N. N. Martin, "Range
/// encoding: an algorithm for removing redundancy from a digitised message", Video and Data Recording Conference, 1979;
/// binary and adaptive as in the LZMA SDK's specification; 64 bits wide here, so that 32 bits leave at a time. A carry
/// is
/// added to what was written already. What does not fit in the room given is dropped and <see cref="IsFull"/> says so.
/// </summary>
internal struct EntropyWriter(byte[] decisions, byte[] plain) : IEntropyCoder
{
    private ulong _range = ulong.MaxValue;
    private ulong _low;
    private int _decisionBytes;
    private ulong _bits;
    private int _bitCount;
    private int _plainBytes;

    public static bool IsReading => false;

    /// <summary>True once something did not fit: what was written is of no use then.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Bytes of decisions; whole after <see cref="Finish"/>.</summary>
    public readonly ReadOnlySpan<byte> Decisions => decisions.AsSpan(0, _decisionBytes);

    /// <summary>Bytes of plain bits; whole after <see cref="Finish"/>.</summary>
    public readonly ReadOnlySpan<byte> PlainBits => plain.AsSpan(0, _plainBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Bit(ref uint model, bool bit)
    {
        ulong bound = (_range >> 16) * BitModel.No(model);
        if (bit)
        {
            ulong low = _low + bound;
            if (low < _low)
            {
                Carry();
            }

            _low = low;
            _range -= bound;
        }
        else
        {
            _range = bound;
        }

        BitModel.Learn(ref model, bit);
        if (_range >> 32 == 0)
        {
            _range <<= 32;
            Shift();
        }

        return bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Plain(ulong value, int count)
    {
        if (count > 32)
        {
            Short(value & uint.MaxValue, 32);
            Short(value >> 32, count - 32);
        }
        else
        {
            Short(value, count);
        }

        return value;
    }

    /// <summary>Ends both streams; zeros at an end are left out, since a reader finds them there anyway.</summary>
    public void Finish()
    {
        FinishDecisions();
        Check.That(_bitCount <= 32);
        while (_bitCount > 0 && !IsFull)
        {
            PutPlain((byte)_bits);
            _bits >>= 8;
            _bitCount -= 8;
        }

        _decisionBytes = WithoutZeros(decisions, _decisionBytes);
        _plainBytes = WithoutZeros(plain, _plainBytes);
    }

    /// <summary>Any number within the last range will do: take one with as few bytes as can be.</summary>
    private void FinishDecisions()
    {
        for (int bytes = 1; bytes <= 8; bytes++)
        {
            ulong below = bytes == 8 ? 0 : ulong.MaxValue >> (8 * bytes);
            ulong chosen = unchecked(_low + below) & ~below;
            if (unchecked(chosen - _low) >= _range)
            {
                continue;
            }

            if (chosen < _low)
            {
                Carry();
            }

            _low = chosen;
            break;
        }

        Shift();
        Shift();
    }

    private static int WithoutZeros(byte[] stream, int bytes)
    {
        while (bytes > 0 && stream[bytes - 1] == 0)
        {
            bytes--;
        }

        return bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Short(ulong value, int count)
    {
        _bits |= value << _bitCount;
        _bitCount += count;
        if (_bitCount >= 32)
        {
            FlushPlain();
        }
    }

    private void FlushPlain()
    {
        if (plain.Length - _plainBytes < 4)
        {
            IsFull = true;
            _plainBytes = 0;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(plain.AsSpan(_plainBytes), (uint)_bits);
        _plainBytes += 4;
        _bits >>= 32;
        _bitCount -= 32;
    }

    private void PutPlain(byte value)
    {
        if (_plainBytes == plain.Length)
        {
            IsFull = true;
            return;
        }

        plain[_plainBytes++] = value;
    }

    private void Shift()
    {
        if (decisions.Length - _decisionBytes < 4)
        {
            IsFull = true;
            _decisionBytes = 0;
        }

        BinaryPrimitives.WriteUInt32BigEndian(decisions.AsSpan(_decisionBytes), (uint)(_low >> 32));
        _decisionBytes += 4;
        _low <<= 32;
    }

    private readonly void Carry()
    {
        int at = _decisionBytes - 1;
        while (at >= 0 && ++decisions[at] == 0)
        {
            at--;
        }
    }
}
