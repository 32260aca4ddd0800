using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kedge.Native;

namespace Kedge.ModelServer.Http;

/// <summary>
/// A thread that waits for sockets; there are as many as processors. Problem: what they read they also answer where
/// that is quick, and all sockets of one wait meanwhile. Rule: nothing that may take longer than what
/// <see cref="ServeLimits"/> calls quick, and nothing that may wait for a disk, runs there; whoever may be there and
/// has such a thing to do leaves first.
/// </summary>
internal sealed class ReadingThread
{
    private static readonly Lazy<ReadingThread[]> All =
        new(static () => [.. Enumerable.Range(0, Environment.ProcessorCount).Select(static _ => Start())]);

    private static int _next;

    private readonly Lock _gate = new();
    private readonly ReadySet _set = new();
    private readonly Stack<int> _free = new();
    private readonly Stack<int> _left = new();
    private Readable?[] _watched = new Readable?[64];
    private int _used;

    /// <summary>True on one of them: whatever else is done here is done by the thread pool.</summary>
    internal static bool IsHere => !Thread.CurrentThread.IsThreadPoolThread;

    /// <summary>Goes on in the thread pool; at once, and without allocation, where it is there already.</summary>
    internal static Departure LeaveAsync() => default;

    /// <summary>Starts them, where that has not been done. Throws where it cannot be.</summary>
    internal static void StartAll() => _ = All.Value;

    /// <summary>
    /// Whether one more socket has something to read, told by one of the threads: each has its share.
    /// </summary>
    internal static Readable Of(Socket socket)
    {
        ReadingThread[] all = All.Value;
        return new Readable(all[(uint)Interlocked.Increment(ref _next) % (uint)all.Length], socket);
    }

    /// <summary>Begins to tell. Throws where that cannot be.</summary>
    internal void Watch(Readable readable, SafeHandle socket)
    {
        int key;
        lock (_gate)
        {
            if (readable.HasEnded)
            {
                return;
            }

            if (!_free.TryPop(out key))
            {
                key = _used++;
                if (key == _watched.Length)
                {
                    Readable?[] more = new Readable?[key * 2];
                    _watched.CopyTo(more, 0);
                    Volatile.Write(ref _watched, more);
                }
            }

            readable.Key = key;
            Volatile.Write(ref _watched[key], readable);
        }

        _set.Watch(socket, key);
    }

    /// <summary>
    /// Tells no more of a socket that is closed. Its place is given to another only with the next wait: what was heard
    /// with the last one may be its end.
    /// </summary>
    internal void Forget(Readable readable)
    {
        lock (_gate)
        {
            if (readable.Key >= 0)
            {
                _watched[readable.Key] = null;
                _left.Push(readable.Key);
                readable.Key = -1;
            }
        }
    }

    /// <summary>One more, which never ends.</summary>
    internal static ReadingThread Start()
    {
        ReadingThread one = new();
        new Thread(one.Run) { IsBackground = true, Name = "read" }.Start();
        return one;
    }

    private void Run()
    {
        while (true)
        {
            FreePlaces();
            foreach (ReadyEntry entry in _set.Wait(blocks: true))
            {
                Volatile.Read(ref Volatile.Read(ref _watched)[entry.Key])?.Signal(entry.HasEnded);
            }
        }
    }

    private void FreePlaces()
    {
        lock (_gate)
        {
            while (_left.TryPop(out int key))
            {
                _free.Push(key);
            }
        }
    }

    /// <summary>What <see cref="LeaveAsync"/> waits for.</summary>
    internal readonly struct Departure : ICriticalNotifyCompletion
    {
        /// <summary>True where there is nothing to leave.</summary>
        public bool IsCompleted => !IsHere;

        public Departure GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) =>
            _ = ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);

        public void GetResult()
        {
            // There is none.
        }
    }
}
