namespace Kedge.Inference.Onnx;

/// <summary>How a model is loaded.</summary>
public sealed record OnnxSessionOptions
{
    /// <summary>Threads that compute one request: 0 for one per core, else 1..256.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>
    /// True lets idle threads spin for a moment: a little faster alone, much slower beside others. False by default,
    /// since a device has other work.
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
    /// The native library; null looks in the usual places (<see cref="OnnxRuntimeLibrary.Candidates"/>).
    /// </summary>
    public string? LibraryPath { get; init; }
}
