using System.Collections.Immutable;

namespace Kedge.Content.Formats.TfLite;

/// <summary>What the walk found in a TensorFlow Lite file: enough to judge it, not to run it. Never compared.</summary>
public sealed record TfLiteModel
{
    /// <summary>What the file says of itself; may be empty.</summary>
    public required string Description { get; init; }

    /// <summary>Inputs of the first subgraph, which is the model's own.</summary>
    public required ImmutableArray<TfLiteValue> Inputs { get; init; }

    /// <summary>Outputs of the first subgraph.</summary>
    public required ImmutableArray<TfLiteValue> Outputs { get; init; }

    /// <summary>Constants by their place in the file, each place once; none on top of another.</summary>
    public required ImmutableArray<WeightTensor> Constants { get; init; }

    /// <summary>Operators in all subgraphs.</summary>
    public required int OperatorCount { get; init; }

    /// <summary>How long the file is.</summary>
    public required long FileBytes { get; init; }

    /// <summary>
    /// The number format that most of the constants' bytes are in; numbers of 32 and 64 bits are shapes.
    /// </summary>
    public string Precision() => Constants
        .Where(static one => one.Precision is not ("" or "int32" or "int64"))
        .GroupBy(static one => one.Precision, StringComparer.Ordinal)
        .OrderByDescending(static group => group.Sum(static one => one.Bytes))
        .ThenBy(static group => group.Key, StringComparer.Ordinal)
        .Select(static group => group.Key)
        .FirstOrDefault("fp32");

    /// <summary>Where the constants are.</summary>
    public TensorMap Map() => TensorMap.TryCreate(
        Constants.Select(static one => new TensorSpan(one.Name, one.Element, one.Offset, one.Bytes)),
        FileBytes,
        out TensorMap map) ? map : TensorMap.Empty;
}

/// <summary>An input or output.</summary>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Datatype">The Open Inference Protocol's name of its element type; null where it has none.</param>
/// <param name="Shape">Its extents, -1 for an open one; a scalar has none.</param>
public sealed record TfLiteValue(string Name, string? Datatype, ImmutableArray<long> Shape);
