using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;

namespace Kedge.Inference.Lifecycle;

/// <summary>One version of a model, as its process's configuration lists it. Never compared as a record.</summary>
public sealed record ModelSlot
{
    /// <summary>Name in the address.</summary>
    public required string Name { get; init; }

    /// <summary>Version in the address.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// Memory that it takes when loaded, in bytes, 0 or more: guessed from its file until it was measured.
    /// </summary>
    public required long Bytes { get; init; }

    /// <summary>Where it is. Written by <see cref="LifecycleMachine"/> only, as all that follows.</summary>
    public ModelPhase Phase { get; init; } = ModelPhase.Absent;

    /// <summary>Why it could not be loaded last; null when it could, or was never tried.</summary>
    public Finding? Fault { get; init; }

    /// <summary>Loads in a row that failed.</summary>
    public int Failures { get; init; }

    /// <summary>Requests are refused until then without another try; means nothing without a fault.</summary>
    public TimeSpan RetryAt { get; init; }

    /// <summary>
    /// It is not asked to make room before then: whoever waited for it gets something for the load.
    /// </summary>
    public TimeSpan StaysUntil { get; init; }

    /// <summary>Counts how often it was closed: an answer to an earlier closing is stale.</summary>
    public int Turn { get; init; }

    /// <summary>True once it was loaded and nobody unloaded it since: front ends know it.</summary>
    public bool IsKnown { get; init; }

    /// <summary>Who waits until it is gone: tickets of unload requests.</summary>
    public ImmutableArray<long> Unloaders { get; init; } = [];

    /// <summary>True while it holds memory, or is about to.</summary>
    public bool HoldsMemory => Phase is ModelPhase.Loading or ModelPhase.Ready or ModelPhase.Leaving
        or ModelPhase.Emptying or ModelPhase.Unloading;

    /// <summary>The word that Triton's repository index has for it.</summary>
    public string IndexWord => (Phase, Fault) switch
    {
        (ModelPhase.Loading, _) when !IsKnown => "LOADING",
        (ModelPhase.Unloading, _) => "UNLOADING",
        (ModelPhase.Absent, _) or (ModelPhase.Resting, not null) => "UNAVAILABLE",
        _ => "READY",
    };

    /// <summary>Why it is in that state; empty where there is nothing to say.</summary>
    public string IndexReason => (Phase, Fault) switch
    {
        (ModelPhase.Absent or ModelPhase.Resting, { } fault) => $"{fault.Code}: {fault.Message}",
        (ModelPhase.Absent, _) => "unloaded",
        (ModelPhase.Resting, _) => "not in memory; loaded when asked",
        _ => "",
    };
}

/// <summary>Somebody who waits until a model is ready.</summary>
/// <param name="Ticket">By which the answer finds it.</param>
/// <param name="Slot">Index of the model.</param>
/// <param name="Deadline">When it gives up, on the clock of the machine; null for never.</param>
/// <param name="IsRequest">True for a request to be computed; false for whoever asked for the load itself.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LoadWaiter(long Ticket, int Slot, TimeSpan? Deadline, bool IsRequest);
