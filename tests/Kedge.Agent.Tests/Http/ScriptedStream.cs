namespace Kedge.Agent.Tests.Http;

/// <summary>A connection whose other side says what was written down, in pieces, and then ends or repeats.</summary>
internal sealed class ScriptedStream(byte[] answer, int piece = int.MaxValue, byte[]? repeated = null) : Stream
{
    private byte[] _said = answer;
    private int _at;

    /// <summary>Bytes that were read.</summary>
    public long Taken { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_at == _said.Length && repeated is not null)
        {
            (_said, _at) = (repeated, 0);
        }

        int taken = Math.Min(Math.Min(count, piece), _said.Length - _at);
        _said.AsSpan(_at, taken).CopyTo(buffer.AsSpan(offset));
        _at += taken;
        Taken += taken;
        return taken;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] bytes = new byte[Math.Min(buffer.Length, 4096)];
        int taken = Read(bytes, 0, bytes.Length);
        bytes.AsSpan(0, taken).CopyTo(buffer.Span);
        return ValueTask.FromResult(taken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        // What is asked does not matter here.
    }

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
