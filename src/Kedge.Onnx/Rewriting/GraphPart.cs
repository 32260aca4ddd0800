namespace Kedge.Onnx.Rewriting;

/// <summary>A stretch of a graph as it stands in the file: a node, a constant, an input, or others.</summary>
internal sealed class GraphPart
{
    /// <summary>The bytes as they stand in the file.</summary>
    public required ReadOnlyMemory<byte> Whole { get; init; }

    /// <summary>The node that it holds, if any.</summary>
    public EditableNode? Node { get; init; }

    /// <summary>The constant that it holds, if any.</summary>
    public EditableInitializer? Initializer { get; init; }

    /// <summary>Name of the graph's input that it declares; null where it declares none.</summary>
    public string? Input { get; init; }

    /// <summary>Name of the graph's output that it declares; null where it declares none.</summary>
    public string? Output { get; init; }

    /// <summary>What is written in its place: null leaves it as it is, an empty list takes it out.</summary>
    public List<ReadOnlyMemory<byte>>? InPlace { get; set; }

    /// <summary>How many bytes are written.</summary>
    public long Bytes => InPlace?.Sum(static piece => (long)piece.Length) ?? Whole.Length;

    /// <summary>Writes what is to be written.</summary>
    public Span<byte> Write(Span<byte> into)
    {
        foreach (ReadOnlyMemory<byte> piece in InPlace ?? [Whole])
        {
            piece.Span.CopyTo(into);
            into = into[piece.Length..];
        }

        return into;
    }
}
