using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>A tensor that a model takes or gives. Never compared as a record.</summary>
public sealed record TensorDeclaration
{
    /// <summary>The tensor's name in the model, 1..<see cref="ModelLimits.TensorNameCharsMax"/> characters.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Element type in the words of the Open Inference Protocol: <c>FP32</c>, <c>INT64</c>, <c>BYTES</c>.
    /// </summary>
    public required string Datatype { get; init; }

    /// <summary>Extent of each axis, outermost first; -1 where the request decides; empty for a scalar.</summary>
    public required ImmutableArray<long> Shape { get; init; }
}
