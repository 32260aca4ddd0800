namespace Kedge.ModelServer.Http;

/// <summary>Counts the requests of one connection that are being answered.</summary>
internal sealed class OpenStreams
{
    private int _count;

    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    internal void Begin() => Interlocked.Increment(ref _count);

    internal void End() => Interlocked.Decrement(ref _count);
}
