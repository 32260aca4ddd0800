using System.Buffers;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Bytes that are written one after the other and read as a whole, in an array of the shared pool. Problem: an answer
/// of some MiB that is left to the collector costs as much memory again until it comes, and it comes rarely.
/// Invariant: what <see cref="Written"/> gives is good until the next call of anything here.
/// </summary>
/// <param name="firstBytes">Of the first array, 1 or more.</param>
internal sealed class RentedOutput(int firstBytes) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = [];

    /// <summary>What was written.</summary>
    internal ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Count);

    /// <summary>Bytes that were written.</summary>
    internal int Count { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        Kedge.Core.Check.That(count >= 0);
        Kedge.Core.Check.That(count <= _bytes.Length - Count);
        Count += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Count);
    }

    /// <summary>Forgets what was written; the array stays.</summary>
    internal void Clear() => Count = 0;

    /// <summary>Forgets what was written, and gives an array of more bytes than this back.</summary>
    internal void Trim(int keepBytesMax)
    {
        Clear();
        if (_bytes.Length > keepBytesMax)
        {
            Dispose();
        }
    }

    /// <summary>Gives its array back; it may be used again.</summary>
    public void Dispose()
    {
        Replace([]);
        Clear();
    }

    private void Reserve(int bytes)
    {
        long needed = Count + (long)Math.Max(bytes, 1);
        if (needed > _bytes.Length)
        {
            // A buffer may be twice as long as what it holds, up to the longest array that there is.
            long wanted = Math.Clamp(_bytes.Length * 2L, firstBytes, Array.MaxLength);
            byte[] larger = ArrayPool<byte>.Shared.Rent(checked((int)Math.Max(needed, wanted)));
            _bytes.AsSpan(0, Count).CopyTo(larger);
            Replace(larger);
        }
    }

    private void Replace(byte[] with)
    {
        byte[] former = _bytes;
        _bytes = with;
        if (former.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(former);
        }
    }
}
