using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Inference.Lifecycle;

/// <summary>What the shell is to do, in this order.</summary>
[Closed]
public abstract record LifecycleEffect
{
    private LifecycleEffect()
    {
    }

    /// <summary>
    /// Load it, warm it up, then say <see cref="LifecycleEvent.Loaded"/> or <see cref="LifecycleEvent.LoadFailed"/>.
    /// </summary>
    /// <param name="Slot">Which.</param>
    public sealed record Load(int Slot) : LifecycleEffect;

    /// <summary>Let requests in.</summary>
    /// <param name="Slot">Which.</param>
    public sealed record Open(int Slot) : LifecycleEffect;

    /// <summary>
    /// Let no new request in, and say <see cref="LifecycleEvent.Idle"/> once the last one is done.
    /// </summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Turn">Comes back with the event.</param>
    public sealed record Close(int Slot, int Turn) : LifecycleEffect;

    /// <summary>Give its memory back, then say <see cref="LifecycleEvent.Unloaded"/>.</summary>
    /// <param name="Slot">Which.</param>
    public sealed record Unload(int Slot) : LifecycleEffect;

    /// <summary>
    /// The model is open: this request uses it from this moment, before any effect that follows; whoever asked for the
    /// load, or the unload, is told that it is done.
    /// </summary>
    /// <param name="Ticket">Who.</param>
    public sealed record Admit(long Ticket) : LifecycleEffect;

    /// <summary>It will not come to it.</summary>
    /// <param name="Ticket">Who.</param>
    /// <param name="Fault">Why.</param>
    public sealed record Refuse(long Ticket, Finding Fault) : LifecycleEffect;
}
