using System.Collections.Immutable;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>What is known of a value before anything is run. Never compared.</summary>
/// <param name="Slot">Which tensor of a run holds it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions, -1 where the size is known only when it is there.</param>
/// <param name="HasShape">False when not even the number of dimensions is known.</param>
internal sealed record GraphValue(
    int Slot, string Name, TensorType Type, ImmutableArray<long> Shape, bool HasShape = true)
{
    internal int Rank => Shape.Length;

    /// <summary>For messages: <c>'x' FP32 [1,-1]</c>.</summary>
    public override string ToString() =>
        $"'{Name}' {TensorTypes.Name(Type)} {(HasShape ? TensorShape.Describe(Shape.AsSpan()) : "of any shape")}";
}
