namespace Kedge.Onnx;

/// <summary>Bounds of an ONNX file that the reader accepts, each with unit and reason.</summary>
public static class OnnxLimits
{
    /// <summary>
    /// Bytes of a file: protocol buffers stop at 2 GiB, and the runtime's longest array 57 bytes before.
    /// </summary>
    public const int ModelBytesMax = 0x7FFFFFC7;

    /// <summary>Nodes in all graphs and functions: the largest public models have some ten thousand.</summary>
    public const int NodesMax = 250_000;

    /// <summary>Initializers in all graphs: a few for each node.</summary>
    public const int InitializersMax = 250_000;

    /// <summary>Inputs and outputs of the graph, and of one node.</summary>
    public const int ValuesMax = 16_384;

    /// <summary>Attributes of one node: the richest standard operator has about 20.</summary>
    public const int AttributesMax = 1_024;

    /// <summary>
    /// Graphs within graphs (<c>If</c> within <c>Loop</c>): the walk recurses, so this bounds its stack.
    /// </summary>
    public const int GraphDepthMax = 16;

    /// <summary>
    /// Types within types (sequence of optional of tensor): the walk recurses, so this bounds its stack.
    /// </summary>
    public const int TypeDepthMax = 8;

    /// <summary>Bytes of a name in UTF-8: exporters write whole module paths.</summary>
    public const int NameBytesMax = 1_024;

    /// <summary>Axes of a tensor.</summary>
    public const int RankMax = 64;

    /// <summary>Operator sets that a model or function imports: there are five official domains.</summary>
    public const int OpsetsMax = 64;

    /// <summary>Functions that a model brings along.</summary>
    public const int FunctionsMax = 16_384;

    /// <summary>Kinds of operators in one model: the standard has about 200.</summary>
    public const int OperatorKindsMax = 4_096;

    /// <summary>Elements that one tensor may claim: 2^40, so that products of extents stay within 64 bits.</summary>
    public const long ElementsMax = 1L << 40;

    /// <summary>Bytes from which on a constant of a node is kept: smaller ones would take more to remember.</summary>
    public const int ConstantBytesMin = 256;

    /// <summary>
    /// Elements that a weight must have to be stored in fewer bits: smaller ones save less than the operations that
    /// widen them again cost, and biases and scales are among them, to which a model is most sensitive.
    /// </summary>
    public const int NarrowedElementsMin = 1_024;

    /// <summary>
    /// Elements that a weight must have for its products to be computed in 8 bits: measured on x64 with AVX-512 VNNI,
    /// quantising the activations costs more below, and from here on less than half of the time is left.
    /// </summary>
    public const int IntegerProductElementsMin = 16_384;

    /// <summary>
    /// Products that one element of an integer matrix product may sum up: 255 * 127 times as many stay in 32 bits.
    /// </summary>
    public const int IntegerDepthMax = int.MaxValue / (255 * 127);
}
