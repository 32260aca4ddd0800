using System.Buffers;

namespace Kedge.ControlPlane.Content;

/// <summary>A chunk that was read and checked, in buffers of the pool. Not to be read after it was disposed.</summary>
public sealed class StoredChunk : IDisposable
{
    private readonly int _plainBytes;
    private byte[]? _plain;
    private byte[]? _coded;
    private int _codedBytes;

    internal StoredChunk(byte[] plain, int plainBytes, byte[]? coded, int codedBytes)
    {
        _plain = plain;
        _plainBytes = plainBytes;
        _coded = coded;
        _codedBytes = codedBytes;
    }

    /// <summary>The chunk, 1 byte to 256 KiB.</summary>
    public ReadOnlyMemory<byte> Plain => _plain.AsMemory(0, _plainBytes);

    /// <summary>The same as one zstd frame, as it lies on the disk; empty when it lies there as it is.</summary>
    public ReadOnlyMemory<byte> Coded => _coded.AsMemory(0, _codedBytes);

    /// <summary>Gives the coded form back early: for who keeps the chunk in memory.</summary>
    public void DropCoded()
    {
        if (Interlocked.Exchange(ref _coded, null) is byte[] coded)
        {
            _codedBytes = 0;
            ArrayPool<byte>.Shared.Return(coded);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DropCoded();
        if (Interlocked.Exchange(ref _plain, null) is byte[] plain)
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }
}
