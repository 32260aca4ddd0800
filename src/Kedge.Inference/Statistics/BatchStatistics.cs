namespace Kedge.Inference.Statistics;

/// <summary>Runs of one size.</summary>
/// <param name="Size">Rows of the first axis that were computed together; 1 for a model that is not batched.</param>
/// <param name="ComputeInput">Runs of this size, and the time to lay their inputs together.</param>
/// <param name="ComputeInfer">The same runs, and the time that the runtime took.</param>
/// <param name="ComputeOutput">The same runs, and the time to take their outputs apart.</param>
public sealed record BatchStatistics(
    int Size, DurationCount ComputeInput, DurationCount ComputeInfer, DurationCount ComputeOutput);
