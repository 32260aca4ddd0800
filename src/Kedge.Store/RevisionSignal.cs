namespace Kedge.Store;

/// <summary>Wakes who waits for a change of the store revision within this process.</summary>
internal sealed class RevisionSignal(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSource();
    private long _current;

    /// <summary>The revision that was published last.</summary>
    public long Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Another revision holds now.</summary>
    public void Publish(long revision)
    {
        TaskCompletionSource woken;
        lock (_lock)
        {
            if (revision == _current)
            {
                return;
            }

            _current = revision;
            woken = _changed;
            _changed = NewSource();
        }

        woken.SetResult();
    }

    /// <summary>A revision that was committed here or seen elsewhere: never goes back, whoever comes late.</summary>
    public void PublishAtLeast(long revision)
    {
        if (revision > Current)
        {
            Publish(revision);
        }
    }

    /// <summary>Returns as soon as another revision than <paramref name="held"/> holds, or after the time.</summary>
    public async ValueTask<long> WaitAsync(long held, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_current != held || timeout <= TimeSpan.Zero)
            {
                return _current;
            }

            changed = _changed.Task;
        }

        try
        {
            await changed.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return Current;
        }

        return Current;
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
