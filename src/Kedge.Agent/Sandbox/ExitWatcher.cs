using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Learns of the end of processes by their pidfds: one thread in <c>poll</c> for up to <see cref="ProcessesMax"/> of
/// them, which costs nothing while nothing ends.
/// </summary>
internal sealed class ExitWatcher : IDisposable
{
    /// <summary>Processes that one watcher takes.</summary>
    public const int ProcessesMax = Polling.DescriptorsMax - 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<FileDescriptor, Action> _watched = [];
    private readonly WakeSignal _changed = new();
    private readonly Thread _thread;
    private bool _stopped;

    public ExitWatcher()
    {
        _thread = new Thread(Run, maxStackSize: 128 * 1024) { IsBackground = true, Name = "exits" };
        _thread.Start();
    }

    /// <summary>
    /// Calls back once, on a thread of the pool, when the process has ended; false when there is no room.
    /// </summary>
    public bool TryWatch(FileDescriptor pidfd, Action ended)
    {
        lock (_lock)
        {
            if (_watched.Count >= ProcessesMax)
            {
                return false;
            }

            _watched.Add(pidfd, ended);
        }

        _changed.Set();
        return true;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _stopped = true;
        }

        _changed.Set();
        _thread.Join();
        _changed.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            FileDescriptor[] descriptors;
            lock (_lock)
            {
                if (_stopped)
                {
                    return;
                }

                descriptors = [_changed.Descriptor, .. _watched.Keys];
            }

            int ready = Polling.WaitReadable(descriptors, null);
            if (ready == 0)
            {
                _changed.Clear();
                continue;
            }

            Action? ended;
            lock (_lock)
            {
                _ = _watched.Remove(descriptors[ready], out ended);
            }

            if (ended is not null)
            {
                _ = ThreadPool.UnsafeQueueUserWorkItem(static act => act(), ended, preferLocal: false);
            }
        }
    }
}
