namespace Kedge.ControlPlane.Loops;

/// <summary>The signals between requests, the link and the loops.</summary>
public sealed class Wakeups
{
    /// <summary>What somebody asked for has changed: plan.</summary>
    public Wakeup Plan { get; } = new();

    /// <summary>A desired state was committed, or a device has subscribed: send.</summary>
    public Wakeup Send { get; } = new();

    /// <summary>A device reported facts, or a generation above the one that it was sent.</summary>
    public Wakeup Floor { get; } = new();

    /// <summary>A connection has ended: record it.</summary>
    public Wakeup Presence { get; } = new();

    /// <summary>A device told figures: save them.</summary>
    public Wakeup Figures { get; } = new();

    /// <summary>What is asked of a site has changed: pace by it.</summary>
    public Wakeup Sites { get; } = new();

    /// <summary>
    /// True while a rollout is under way: then whatever devices report, and their coming and going, is a reason to
    /// plan.
    /// </summary>
    public bool IsRolling { get => Volatile.Read(ref _isRolling); set => Volatile.Write(ref _isRolling, value); }

    /// <summary>Ends with the next change of the store; then there is a new one. Watches wait on it.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    private TaskCompletionSource _changed = New();
    private bool _isRolling;

    /// <summary>The store has changed.</summary>
    public void NotifyChanged() => Interlocked.Exchange(ref _changed, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
