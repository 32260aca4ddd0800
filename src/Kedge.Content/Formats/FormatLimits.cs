namespace Kedge.Content.Formats;

/// <summary>
/// Bounds of what is read of TensorFlow Lite, safetensors and GGUF files, each with unit and reason.
/// </summary>
public static class FormatLimits
{
    /// <summary>
    /// Tensors of one file: as many as an ONNX file may have; large language models have some thousand.
    /// </summary>
    public const int TensorsMax = 250_000;

    /// <summary>
    /// Bytes of a tensor's name in UTF-8: converters of TensorFlow Lite join the names of whole layers.
    /// </summary>
    public const int NameBytesMax = 16_384;

    /// <summary>Axes of a tensor, as in ONNX files.</summary>
    public const int RankMax = 64;

    /// <summary>Elements that one tensor may claim: 2^40, so that bits of it can be counted in 64 bits.</summary>
    public const long ElementsMax = 1L << 40;

    /// <summary>Bytes of a safetensors header, as its own reader bounds it (<c>MAX_HEADER_SIZE</c>).</summary>
    public const int SafetensorsHeaderBytesMax = 100_000_000;

    /// <summary>
    /// Characters of a name in a safetensors header, and of a metadata value, which may be a description.
    /// </summary>
    public const int SafetensorsTextCharsMax = 1 << 20;

    /// <summary>Metadata entries of one file: real ones have some dozen.</summary>
    public const int MetadataMax = 65_536;

    /// <summary>Bytes of a GGUF metadata key (gguf.md).</summary>
    public const int GgufKeyBytesMax = 65_535;

    /// <summary>Bytes of a GGUF tensor's name (gguf.md).</summary>
    public const int GgufNameBytesMax = 64;

    /// <summary>Axes of a GGUF tensor (gguf.md).</summary>
    public const int GgufRankMax = 4;

    /// <summary>Lists within lists in GGUF metadata; those that are written have one level.</summary>
    public const int GgufListDepthMax = 4;

    /// <summary>Bytes that GGUF data may be aligned to: a large page would be more than anybody uses.</summary>
    public const int GgufAlignmentMax = 65_536;

    /// <summary>Subgraphs of a TensorFlow Lite model: one for each branch and loop body.</summary>
    public const int SubgraphsMax = 16_384;

    /// <summary>Operators of all subgraphs of a TensorFlow Lite model, as nodes of an ONNX file.</summary>
    public const int OperatorsMax = 250_000;

    /// <summary>
    /// Bytes of a FlatBuffers structure: its offsets have 32 bits, and its writers stop at 2 GiB.
    /// </summary>
    public const long FlatBytesMax = int.MaxValue;
}
