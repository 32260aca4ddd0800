using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Inference.Lifecycle;

/// <summary>What the machine is told. Every <c>Slot</c> is an index of <see cref="LifecycleState.Slots"/>.</summary>
[Closed]
public abstract record LifecycleEvent
{
    private LifecycleEvent()
    {
    }

    /// <summary>A request met a model that does not take it at once.</summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Ticket">By which the answer finds the request; never used twice.</param>
    /// <param name="Deadline">When the request gives up; null for never.</param>
    public sealed record Requested(int Slot, long Ticket, TimeSpan? Deadline) : LifecycleEvent;

    /// <summary>Whoever waited has gone.</summary>
    /// <param name="Ticket">Which.</param>
    public sealed record Gone(long Ticket) : LifecycleEvent;

    /// <summary>Somebody asked for the load itself.</summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Ticket">By which the answer finds whoever asked; never used twice.</param>
    public sealed record LoadAsked(int Slot, long Ticket) : LifecycleEvent;

    /// <summary>Somebody asked that nobody can ask it any more.</summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Ticket">By which the answer finds whoever asked; never used twice.</param>
    public sealed record UnloadAsked(int Slot, long Ticket) : LifecycleEvent;

    /// <summary>It is in memory and was warmed up.</summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Bytes">Memory that it took, in bytes; what is less than was thought changes nothing.</param>
    /// <param name="Elapsed">How long it took.</param>
    public sealed record Loaded(int Slot, long Bytes, TimeSpan Elapsed) : LifecycleEvent;

    /// <summary>It could not be loaded; nothing of it is in memory.</summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Fault">Why.</param>
    public sealed record LoadFailed(int Slot, Finding Fault) : LifecycleEvent;

    /// <summary>No request uses a closed model any more.</summary>
    /// <param name="Slot">Which.</param>
    /// <param name="Turn">That of <see cref="LifecycleEffect.Close"/>.</param>
    public sealed record Idle(int Slot, int Turn) : LifecycleEvent;

    /// <summary>Its memory was given back.</summary>
    /// <param name="Slot">Which.</param>
    public sealed record Unloaded(int Slot) : LifecycleEvent;

    /// <summary>Time has passed: <see cref="LifecycleState.WakeAt"/>.</summary>
    public sealed record Clock : LifecycleEvent;
}
