namespace Kedge.ModelServer.Http;

/// <summary>
/// Keeps a processor awake while one client alone asks for quick answers, one after the other. Problem: between two of
/// them both processors fall asleep, and to wake each takes longer than the answer. Approach: an empty item for the
/// thread pool after each answer; the thread that takes it looks for the next one for some ten microseconds before it
/// sleeps, as it does after every item. With several clients no processor sleeps, and this stays out of their way.
/// Several threads call it: that one misses another costs a wait, and no more.
/// </summary>
internal sealed class KeptAwake : IThreadPoolWorkItem
{
    /// <summary>Answers to the same client before it counts as alone.</summary>
    internal const int InARow = 8;

    /// <summary>
    /// Time between two of them, in milliseconds of a clock that counts whole ones: who asks more rarely finds the
    /// processors asleep whatever is done here.
    /// </summary>
    internal const long ApartMsMax = 1;

    private object? _last;
    private long _lastMs;
    private int _count;
    private long _items;

    /// <summary>Items that a thread has taken.</summary>
    internal long Items => Interlocked.Read(ref _items);

    /// <summary>A quick answer was given.</summary>
    /// <param name="client">Who asked: the same object for the same client.</param>
    /// <param name="nowMs">The time on any clock that does not go back.</param>
    internal void Answered(object client, long nowMs)
    {
        bool isAnother = !ReferenceEquals(_last, client) || nowMs - _lastMs > ApartMsMax;
        _lastMs = nowMs;
        if (isAnother)
        {
            _last = client;
            _count = 1;
        }
        else if (_count < InARow)
        {
            _count++;
        }
        else
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>That a thread has come is all.</summary>
    public void Execute() => Interlocked.Increment(ref _items);
}
