namespace Kedge.Agent.Tests.Http;

/// <summary>
/// A connection whose other side says what was written down, in pieces, and then ends, repeats or says nothing more.
/// Everything but the waits of <see cref="Pause"/> completes on the caller's thread.
/// </summary>
internal sealed class ScriptedStream(byte[] answer, int piece = int.MaxValue, byte[]? repeated = null) : Stream
{
    private byte[] _said = answer;
    private int _at;

    /// <summary>How long the other side waits before each piece, and for ever after the last; null for not.</summary>
    public (TimeProvider Time, TimeSpan Wait)? Pause { get; init; }

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

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Pause is { } pause)
        {
            TimeSpan wait = _at == _said.Length ? Timeout.InfiniteTimeSpan : pause.Wait;
            await Task.Delay(wait, pause.Time, cancellationToken);
        }

        byte[] bytes = new byte[Math.Min(buffer.Length, 4096)];
        int taken = Read(bytes, 0, bytes.Length);
        bytes.AsSpan(0, taken).CopyTo(buffer.Span);
        return taken;
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

    /// <summary>
    /// The base's runs elsewhere: a deadline would be armed after a test has moved its clock, and never ring.
    /// </summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
