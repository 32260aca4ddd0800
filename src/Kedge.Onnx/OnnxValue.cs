using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>An input or output of a graph. Never compared.</summary>
public sealed record OnnxValue
{
    /// <summary>The name by which requests and answers speak of it.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of value it is; only tensors can be served.</summary>
    public required OnnxValueKind Kind { get; init; }

    /// <summary>Element type of a tensor; <see cref="OnnxElementType.Unknown"/> for other kinds.</summary>
    public required OnnxElementType ElementType { get; init; }

    /// <summary>Extents of a tensor, outermost first; default when not even the number of axes is known.</summary>
    public required ImmutableArray<OnnxDimension> Shape { get; init; }

    /// <summary>A tensor with these extents; -1 for one that the request decides.</summary>
    public static OnnxValue Tensor(string name, OnnxElementType elementType, params ReadOnlySpan<long> extents)
    {
        ImmutableArray<OnnxDimension>.Builder shape = ImmutableArray.CreateBuilder<OnnxDimension>(extents.Length);
        foreach (long extent in extents)
        {
            shape.Add(extent < 0 ? new OnnxDimension(-1, "N") : new OnnxDimension(extent, ""));
        }

        return new OnnxValue
        {
            Name = name,
            Kind = OnnxValueKind.Tensor,
            ElementType = elementType,
            Shape = shape.MoveToImmutable(),
        };
    }
}

/// <summary>One axis of a tensor.</summary>
/// <param name="Extent">Its extent, 0 or above; -1 when it is decided by the request.</param>
/// <param name="Symbol">The name that axes of one extent share, as <c>batch</c>; empty for none.</param>
public readonly record struct OnnxDimension(long Extent, string Symbol);

/// <summary>Kinds of values that a graph may take or give.</summary>
public enum OnnxValueKind
{
    /// <summary>No type given, or one that this version does not know.</summary>
    Unknown = 0,

    /// <summary>A dense tensor.</summary>
    Tensor = 1,

    /// <summary>A sequence of values.</summary>
    Sequence = 2,

    /// <summary>A map from keys to values.</summary>
    Map = 3,

    /// <summary>A value that may be absent.</summary>
    Optional = 4,

    /// <summary>A sparse tensor.</summary>
    SparseTensor = 5,

    /// <summary>A type that only some runtime knows.</summary>
    Opaque = 6,
}
