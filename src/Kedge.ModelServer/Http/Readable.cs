using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kedge.Native;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Whether a connection has something to read: one reader awaits it, and goes on where the kernel was heard, on a
/// <see cref="ReadingThread"/>. Invariants: what has come is told once and never lost, whether somebody waits or not;
/// after <see cref="End"/> nobody waits any more; waiting allocates nothing.
/// <para>.NET's own sockets tell of it too, but with a try to read before the wait, a look and a read after it, where
/// one read is enough; and whoever finds bytes at once reads on before others have their turn.</para>
/// </summary>
/// <param name="thread">Tells of it.</param>
/// <param name="socket">Never blocks.</param>
internal sealed class Readable(ReadingThread thread, Socket socket) : ICriticalNotifyCompletion
{
    private const int Idle = 0;
    private const int Ready = 1;
    private const int Waits = 2;

    private Action? _goOn;
    private int _state;
    private bool _isWatched;
    private volatile bool _hasEnded;

    /// <summary>True when waiting is over for good: what can be read is read until the end is found.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>Where it stands with its thread; touched under that thread's lock.</summary>
    internal int Key { get; set; } = -1;

    /// <summary>False: <see cref="TryTake"/> says what is there already.</summary>
    public bool IsCompleted => false;

    /// <summary>
    /// True when something may have come since the last wait: it may have been read meanwhile, together with what came
    /// before it.
    /// </summary>
    internal bool TryTake() => _hasEnded || Interlocked.CompareExchange(ref _state, Idle, Ready) == Ready;

    public Readable GetAwaiter() => this;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        _goOn = continuation;
        if (Interlocked.CompareExchange(ref _state, Waits, Idle) != Idle)
        {
            // It came meanwhile.
            Volatile.Write(ref _state, Idle);
            Queue(continuation);
            return;
        }

        if (_hasEnded)
        {
            GoOn();
        }
        else if (!_isWatched)
        {
            // Not before somebody waits: the first bytes too are read on that thread.
            _isWatched = true;
            try
            {
                thread.Watch(this, socket.SafeHandle);
            }
            catch (Exception failure) when (failure is NativeException or ObjectDisposedException)
            {
                End();
            }
        }
    }

    public void GetResult()
    {
        // There is none.
    }

    /// <summary>Something has come. Whoever waits goes on here.</summary>
    internal void Signal(bool hasEnded)
    {
        if (hasEnded)
        {
            _hasEnded = true;
        }

        while (Interlocked.CompareExchange(ref _state, Ready, Idle) == Waits)
        {
            if (Interlocked.CompareExchange(ref _state, Idle, Waits) == Waits)
            {
                _goOn!(); // Set before the state.
                return;
            }
        }
    }

    /// <summary>The socket is closed, or cannot be watched. Whoever waits goes on in the thread pool.</summary>
    internal void End()
    {
        _hasEnded = true;
        thread.Forget(this);
        GoOn();
    }

    private void GoOn()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Waits) == Waits)
        {
            Queue(_goOn!); // Set before the state.
        }
    }

    private static void Queue(Action next) =>
        _ = ThreadPool.UnsafeQueueUserWorkItem(static next => next(), next, preferLocal: false);
}
