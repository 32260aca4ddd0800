using System.Buffers;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Bytes of one body, taken together as they come. Memory follows what has come, not what was announced: announcing
/// costs nothing. Whoever has it releases it once; a copy of it is the same memory.
/// </summary>
internal struct BodyBuffer
{
    /// <summary>Of the end of a body whose length is known: where its last tensor's elements then lie well.</summary>
    private const int Alignment = 64;

    private byte[]? _rented;
    private int _start;

    /// <summary>Bytes that it has.</summary>
    internal int Length { get; private set; }

    internal readonly ReadOnlySpan<byte> Bytes => _rented.AsSpan(_start, Length);

    /// <summary>The same, to be written.</summary>
    internal readonly Span<byte> Writable => _rented.AsSpan(_start, Length);

    /// <summary>The same where it never moves; else empty.</summary>
    internal readonly Memory<byte> Lent => _rented is { Length: > BodyPool.MovingBytesMax }
        ? _rented.AsMemory(_start, Length)
        : default;

    /// <summary>One of an array of <see cref="BodyPool"/>, which goes back there.</summary>
    internal static BodyBuffer Of(byte[] rented, int length) => new() { _rented = rented, Length = length };

    /// <summary>Takes what has come.</summary>
    /// <param name="piece">It.</param>
    /// <param name="expected">Length of the whole body as far as it is known, or as it may be; 1 or more.</param>
    internal void Append(in ReadOnlySequence<byte> piece, long expected)
    {
        int added = (int)piece.Length;
        Reserve(Length + added, expected);
        piece.CopyTo(_rented.AsSpan(_start + Length));
        Length += added;
    }

    /// <summary>Takes what has come; see above.</summary>
    internal void Append(ReadOnlySpan<byte> piece, long expected)
    {
        Reserve(Length + piece.Length, expected);
        piece.CopyTo(_rented.AsSpan(_start + Length));
        Length += piece.Length;
    }

    /// <summary>Makes it longer, never shorter; what it gets is undefined.</summary>
    /// <param name="length">Bytes that it has then.</param>
    /// <param name="expected">How long it may become.</param>
    internal void Extend(int length, long expected)
    {
        if (length > Length)
        {
            Reserve(length, expected);
            Length = length;
        }
    }

    /// <summary>Takes bytes out of the middle.</summary>
    internal void Cut(int from, int count)
    {
        Bytes[(from + count)..].CopyTo(_rented.AsSpan(_start + from));
        Length -= count;
    }

    /// <summary>Lets go of the bytes.</summary>
    internal readonly void Release()
    {
        if (_rented is { Length: > 0 } rented)
        {
            BodyPool.OfProcess.Return(rented);
        }
    }

    private void Reserve(int needed, long expected)
    {
        byte[] rented = _rented ?? [];
        if (rented.Length - _start >= needed)
        {
            return;
        }

        long grown = Math.Max(ServeLimits.BodyBlockBytes, Length * ServeLimits.BodyGrowth);
        long wanted = Math.Max(needed, Math.Min(grown, expected));
        int start = (int)(-expected & (Alignment - 1));
        byte[] larger = BodyPool.OfProcess.Rent((int)Math.Min(wanted + start, Array.MaxLength));
        start = larger.Length - start >= expected ? start : 0;
        Bytes.CopyTo(larger.AsSpan(start));
        if (rented.Length > 0)
        {
            BodyPool.OfProcess.Return(rented);
        }

        _rented = larger;
        _start = start;
    }
}
