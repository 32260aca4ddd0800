using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>
/// One step, checked and ready to be computed any number of times. It holds nothing of a request: everything that
/// changes lies in the run, so that several threads may compute the same step at once.
/// </summary>
internal abstract class GraphStep
{
    /// <summary>Its name.</summary>
    internal required string Name { get; init; }

    /// <summary>Slots that it reads.</summary>
    internal required int[] Inputs { get; init; }

    /// <summary>The values that it makes.</summary>
    internal required GraphValue[] Outputs { get; init; }

    /// <summary>Computes it. Allocates nothing once the run's tensors have grown.</summary>
    /// <returns>Null when its outputs are there, else why not.</returns>
    internal abstract Finding? Run(GraphRun run);

    private protected Tensor In(GraphRun run, int index) => run[Inputs[index]];

    /// <summary>Starts an output and makes room for it; false when it would be too large.</summary>
    private protected bool TryStart(GraphRun run, int index, ReadOnlySpan<long> shape, out Tensor tensor)
    {
        GraphValue value = Outputs[index];
        tensor = run[value.Slot];
        tensor.Begin(value.Name, value.Type);
        return tensor.TryShape(shape);
    }

    private protected Finding TooLarge(ReadOnlySpan<long> shape) =>
        Fail($"it would make a tensor of {TensorShape.Describe(shape)}, which is too large.");

    private protected Finding Fail(string message) => GraphErrors.StepFailed.At($"Step '{Name}': {message}");
}
