using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>
/// Reads what <see cref="EntropyWriter"/> wrote: decisions from one stream by range coding, plain bits from another.
/// Any bytes can be read; behind the end of either stream there are zeros, and reading goes on.
/// </summary>
internal ref struct EntropyReader : IEntropyCoder
{
    private readonly ReadOnlySpan<byte> _decisions;
    private readonly ReadOnlySpan<byte> _plain;
    private ulong _range;
    private ulong _code;
    private int _decisionsAt;
    private ulong _bits;
    private int _bitCount;
    private int _plainAt;

    public EntropyReader(ReadOnlySpan<byte> decisions, ReadOnlySpan<byte> plain)
    {
        _decisions = decisions;
        _plain = plain;
        _range = ulong.MaxValue;
        _code = ((ulong)Next() << 32) | Next();
    }

    public static bool IsReading => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Bit(ref uint model, bool bit)
    {
        ulong bound = (_range >> 16) * BitModel.No(model);
        bool yes = _code >= bound;
        if (yes)
        {
            _code -= bound;
            _range -= bound;
        }
        else
        {
            _range = bound;
        }

        BitModel.Learn(ref model, yes);
        if (_range >> 32 == 0)
        {
            _range <<= 32;
            _code = (_code << 32) | Next();
        }

        return yes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Plain(ulong value, int count)
    {
        if (count > 32)
        {
            ulong low = Short(32);
            return low | (Short(count - 32) << 32);
        }

        return Short(count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Short(int count)
    {
        if (_bitCount < count)
        {
            _bits |= (ulong)NextPlain() << _bitCount;
            _bitCount += 32;
        }

        ulong value = _bits & ((1UL << count) - 1);
        _bits >>= count;
        _bitCount -= count;
        return value;
    }

    private uint Next()
    {
        uint next = _decisions.Length - _decisionsAt >= 4
            ? BinaryPrimitives.ReadUInt32BigEndian(_decisions[_decisionsAt..])
            : BinaryPrimitives.ReverseEndianness(Tail(_decisions, _decisionsAt));
        _decisionsAt += _decisionsAt < _decisions.Length ? 4 : 0;
        return next;
    }

    private uint NextPlain()
    {
        uint next = _plain.Length - _plainAt >= 4
            ? BinaryPrimitives.ReadUInt32LittleEndian(_plain[_plainAt..])
            : Tail(_plain, _plainAt);
        _plainAt += _plainAt < _plain.Length ? 4 : 0;
        return next;
    }

    private static uint Tail(ReadOnlySpan<byte> stream, int at)
    {
        uint tail = 0;
        for (int index = at; index < stream.Length; index++)
        {
            tail |= (uint)stream[index] << (8 * (index - at));
        }

        return tail;
    }
}
