using System.Buffers;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// Bytes on their way out, in a rented buffer that exists only while there are some. Guarded by its owner.
/// </summary>
internal sealed class Outbox : IBufferWriter<byte>
{
    private const int BufferBytesMin = 1024;
    private byte[] _buffer = [];

    /// <summary>Bytes that wait.</summary>
    public int Bytes { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count) => Bytes += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(Bytes);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(Bytes);
    }

    /// <summary>Hands all bytes over; whoever takes them returns the array to the shared pool.</summary>
    public ArraySegment<byte> Take()
    {
        var taken = new ArraySegment<byte>(_buffer, 0, Bytes);
        _buffer = [];
        Bytes = 0;
        return taken;
    }

    private void Reserve(int count)
    {
        int wanted = Bytes + Math.Max(count, 1);
        if (wanted <= _buffer.Length)
        {
            return;
        }

        byte[] grown = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytesMin, Math.Max(wanted, _buffer.Length * 2)));
        _buffer.AsSpan(0, Bytes).CopyTo(grown);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = grown;
    }
}
