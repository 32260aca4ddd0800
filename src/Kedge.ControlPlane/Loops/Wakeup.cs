namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Wakes one loop. It carries nothing: the loop reads the current state. Any number of calls before the loop looks
/// count
/// as one; a call while it runs makes it run once more.
/// </summary>
public sealed class Wakeup
{
    private TaskCompletionSource _next = New();

    /// <summary>Wakes the loop. From any thread, never blocks.</summary>
    public void Wake() => Volatile.Read(ref _next).TrySetResult();

    /// <summary>True when the loop was woken and did not look yet: how the simulator decides what runs next.</summary>
    public bool IsSet => Volatile.Read(ref _next).Task.IsCompleted;

    /// <summary>Takes the signal back before a run, so that a call from now on counts for the next one.</summary>
    public void Reset()
    {
        if (IsSet)
        {
            Volatile.Write(ref _next, New());
        }
    }

    /// <summary>Waits until it is woken or the period has passed; one waiter at a time.</summary>
    public async Task WaitAsync(TimeSpan period, TimeProvider time, CancellationToken ct)
    {
        TaskCompletionSource next = Volatile.Read(ref _next);
        ITimer timer = time.CreateTimer(
            static state => ((TaskCompletionSource?)state)?.TrySetResult(), next, period, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            await next.Task.WaitAsync(ct).ConfigureAwait(false);
        }

        Reset();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
