using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;

namespace Kedge.ModelServer.Scheduling;

/// <summary>
/// Ends a run once everybody whose request is in it has gone: as long as one waits for its answer, it goes on.
/// Invariant: after <see cref="Release"/> nobody ends anything any more. Allocates nothing once it is warm.
/// </summary>
internal sealed class BatchStop
{
    private readonly List<CancellationTokenRegistration> _watches = [];
    private RunStop? _stop;
    private int _left;

    /// <summary>Watches the requests of a batch.</summary>
    internal void Watch(Batch batch, RunStop stop)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (!batch[i].Gone.CanBeCanceled)
            {
                return; // This one never goes.
            }
        }

        _stop = stop;
        Volatile.Write(ref _left, batch.Count);
        for (int i = 0; i < batch.Count; i++)
        {
            _watches.Add(batch[i].Gone.UnsafeRegister(static watched => ((BatchStop)watched!).CountGone(), this));
        }
    }

    /// <summary>The run is over. Whoever is about to end it is waited for.</summary>
    internal void Release()
    {
        foreach (CancellationTokenRegistration watch in _watches)
        {
            watch.Dispose();
        }

        _watches.Clear();
        _stop = null;
    }

    private void CountGone()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _stop?.Ask();
        }
    }
}
