using System.Collections.Immutable;
using System.Text;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Sessions;

/// <summary>One input or output that a model declares.</summary>
/// <param name="Name">Its name, 1..<see cref="InferenceLimits.NameBytesMax"/> bytes of UTF-8.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions, -1 where any size is taken.</param>
/// <param name="HasShape">False when the model does not even say how many dimensions there are.</param>
public sealed record TensorSpec(string Name, TensorType Type, ImmutableArray<long> Shape, bool HasShape = true)
{
    /// <summary>The name in UTF-8, for comparing without making strings.</summary>
    public ImmutableArray<byte> NameUtf8 { get; } = [.. Encoding.UTF8.GetBytes(Name)];
}

/// <summary>What a model takes and gives, in the order that it declares.</summary>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
public sealed record ModelSignature(ImmutableArray<TensorSpec> Inputs, ImmutableArray<TensorSpec> Outputs)
{
    /// <summary>Names of the classes that its outputs rank, in UTF-8, the first for class 0; empty for none.</summary>
    public ImmutableArray<ImmutableArray<byte>> Labels { get; init; } = [];

    /// <summary>True when every tensor begins with an axis of any size, which is then that of the batch.</summary>
    public bool IsBatchable { get; } = Inputs.Length > 0 && Outputs.Length > 0
        && Inputs.Concat(Outputs).All(static spec => spec.HasShape && spec.Shape.Length > 0 && spec.Shape[0] < 0);
}
