using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>A tensor taken as rows along its last axis.</summary>
internal static class Rows
{
    /// <summary>Elements of a row; 1 for a single number.</summary>
    internal static int Length(Tensor tensor) => tensor.Rank == 0 ? 1 : (int)tensor.Shape[^1];

    /// <summary>Number of rows; 0 where rows have no element.</summary>
    internal static int Count(Tensor tensor) => Length(tensor) == 0 ? 0 : tensor.ElementCount / Length(tensor);
}
