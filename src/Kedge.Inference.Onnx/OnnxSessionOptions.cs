using System.Collections.Immutable;

namespace Kedge.Inference.Onnx;

/// <summary>How a model is loaded.</summary>
public sealed record OnnxSessionOptions
{
    /// <summary>
    /// Threads that compute one request, 1..256; 0 for as many as the processors that this process may use.
    /// </summary>
    public int IntraOpThreads { get; init; }

    /// <summary>
    /// True computes several long runs at once on no more threads than there are processors: where one more caller
    /// would be one too many, a thread that would else help leads the run. False leads each run by its caller, as the
    /// runtime does by itself: more threads than processors, which hinder each other.
    /// </summary>
    public bool SharesPool { get; init; } = true;

    /// <summary>
    /// True lets idle threads spin as long as the runtime likes, between runs too: much slower beside others. False by
    /// default, since a device has other work: then they spin within a run only, for less time than it takes to wake
    /// one, and sleep as soon as no run is under way.
    /// </summary>
    public bool AllowSpinning { get; init; }

    /// <summary>
    /// True keeps the runtime's own arena, which never gives memory back to the system: faster for large models,
    /// more resident memory.
    /// </summary>
    public bool UseArena { get; init; } = true;

    /// <summary>How far the runtime may change the graph when it loads it.</summary>
    public OnnxGraphLevel GraphLevel { get; init; } = OnnxGraphLevel.All;

    /// <summary>Where the changed graph is written as a model of its own; null writes none.</summary>
    public string? SavesGraphTo { get; init; }

    /// <summary>
    /// True computes the same result from the same input each time, on the same processor, where a kernel has a choice.
    /// </summary>
    public bool IsDeterministic { get; init; }

    /// <summary>Weights that are shared with other sessions of the same file; null for its own.</summary>
    public OnnxSharedWeights? Weights { get; init; }

    /// <summary>Execution providers to register, the preferred first.</summary>
    public ImmutableArray<OnnxProvider> Providers { get; init; } = [];

    /// <summary>Who chooses between them.</summary>
    public OnnxPolicy Policy { get; init; } = OnnxPolicy.Named;

    /// <summary>
    /// The native library; null looks in the usual places (<see cref="OnnxRuntimeLibrary.Candidates"/>).
    /// </summary>
    public string? LibraryPath { get; init; }
}
