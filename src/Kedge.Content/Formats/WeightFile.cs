using System.Collections.Immutable;

namespace Kedge.Content.Formats;

/// <summary>What the header of a file with weights and no graph says (GGUF, safetensors). Never compared.</summary>
public sealed record WeightFile
{
    /// <summary>The tensors by their place in the file, none on top of another.</summary>
    public required ImmutableArray<WeightTensor> Tensors { get; init; }

    /// <summary>
    /// The architecture that the weights are for, as the file says itself: <c>llama</c>; may be empty.
    /// </summary>
    public required string Architecture { get; init; }

    /// <summary>How long the file is.</summary>
    public required long FileBytes { get; init; }

    /// <summary>The number format that most of the weights' bytes are in.</summary>
    public string Precision() => Tensors
        .GroupBy(static tensor => tensor.Precision, StringComparer.Ordinal)
        .OrderByDescending(static group => group.Sum(static tensor => tensor.Bytes))
        .ThenBy(static group => group.Key, StringComparer.Ordinal)
        .Select(static group => group.Key)
        .FirstOrDefault("fp32");

    /// <summary>Where the tensors are.</summary>
    public TensorMap Map() => TensorMap.TryCreate(
        Tensors.Select(static one => new TensorSpan(one.Name, one.Element, one.Offset, one.Bytes)),
        FileBytes,
        out TensorMap map) ? map : TensorMap.Empty;
}
