using System.Collections.Immutable;

namespace Kedge.Inference.Lifecycle;

/// <summary>All models of one process. Never compared as a record.</summary>
public sealed record LifecycleState
{
    /// <summary>Every version of every model; the first of a name answers where no version is named.</summary>
    public required ImmutableArray<ModelSlot> Slots { get; init; }

    /// <summary>Memory that all loaded models may take together, in bytes; 0 for no bound.</summary>
    public long BudgetBytes { get; init; }

    /// <summary>Who waits for a load, in the order in which they came.</summary>
    public ImmutableArray<LoadWaiter> Waiters { get; init; } = [];

    /// <summary>When the machine must be stepped by a clock event at the latest; null for never.</summary>
    public TimeSpan? WakeAt { get; init; }

    /// <summary>Memory of everything that holds some, in bytes.</summary>
    public long HeldBytes => Slots.Sum(static slot => slot.HoldsMemory ? slot.Bytes : 0);
}
