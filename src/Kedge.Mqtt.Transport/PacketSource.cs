using System.Buffers;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Transport;

/// <summary>
/// Packets from a stream. An idle connection holds no buffer: it waits in a read of zero bytes and rents one when
/// something
/// has come. A buffer grows as bytes arrive, never on the word of a header alone.
/// </summary>
internal sealed class PacketSource(Stream stream)
{
    private const int BufferBytesMin = 2048;
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>True when bytes are here that no packet has taken yet.</summary>
    public bool HasBytes => _end > _start;

    /// <summary>The next packet, a mistake, or null at the end of the stream.</summary>
    public async ValueTask<MqttReadResult?> ReadAsync(
        MqttVersion version, MqttReadLimits limits, CancellationToken cancellationToken)
    {
        while (true)
        {
            MqttReadResult result = MqttReader.Read(_buffer.AsSpan(_start, _end - _start), version, limits);
            if (result.Status != MqttReadStatus.NeedMore)
            {
                _start += result.Bytes;
                return result;
            }

            if (!HasBytes)
            {
                Release();
                await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            }

            MakeRoom(result.Bytes);
            int bytes = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (bytes == 0)
            {
                return null;
            }

            _end += bytes;
        }
    }

    /// <summary>Reads to the end of the stream and keeps nothing.</summary>
    public async ValueTask DiscardAsync(CancellationToken cancellationToken)
    {
        Release();
        _buffer = ArrayPool<byte>.Shared.Rent(BufferBytesMin);
        while (await stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }

    /// <summary>Gives the buffer back.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
        _start = 0;
        _end = 0;
    }

    private void MakeRoom(int packetBytes)
    {
        int have = _end - _start;
        if (have < _buffer.Length && (_end < _buffer.Length || _start > 0) && packetBytes <= _buffer.Length)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, have).CopyTo(_buffer);
                _start = 0;
                _end = have;
            }

            return;
        }

        int wanted = Math.Max(BufferBytesMin, Math.Min(Math.Max(packetBytes, have + 1), have * 2));
        byte[] grown = ArrayPool<byte>.Shared.Rent(wanted);
        _buffer.AsSpan(_start, have).CopyTo(grown);
        Release();
        _buffer = grown;
        _end = have;
    }
}
