using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>A constant of the graph, mostly a weight. Never compared.</summary>
public sealed record OnnxInitializer
{
    /// <summary>The name by which nodes refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Its element type.</summary>
    public required OnnxElementType ElementType { get; init; }

    /// <summary>Its extents, each 0 or above; empty for a scalar.</summary>
    public required ImmutableArray<long> Dims { get; init; }

    /// <summary>Where its raw bytes begin in the file; -1 when they are written as numbers or lie outside.</summary>
    public required long RawOffset { get; init; }

    /// <summary>Bytes of the elements, as their type asks for; 0 for strings and for data that lies outside.</summary>
    public required long Bytes { get; init; }

    /// <summary>True when the data lies in another file.</summary>
    public required bool IsExternal { get; init; }

    /// <summary>Where in which other file the data lies; null when it lies in this one.</summary>
    public OnnxExternalTensor? External { get; init; }
}
