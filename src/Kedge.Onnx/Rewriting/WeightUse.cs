using System.Collections.Immutable;

namespace Kedge.Onnx.Rewriting;

/// <summary>How the nodes of a graph use one weight.</summary>
/// <param name="Operation">What they do with it; all the same.</param>
/// <param name="ChannelAxis">The axis of the output channels.</param>
/// <param name="Nodes">The nodes, in the order of the graph.</param>
/// <param name="IsUsedElsewhere">True when something else takes it as well.</param>
internal sealed record WeightUse(
    WeightOperation Operation, int ChannelAxis, ImmutableArray<EditableNode> Nodes, bool IsUsedElsewhere);

/// <summary>What a node does with a weight.</summary>
internal enum WeightOperation
{
    /// <summary>Something else, or different things.</summary>
    Unknown = 0,

    /// <summary>A matrix product, as <c>MatMul</c> or <c>Gemm</c>, of which it is the second factor.</summary>
    Product = 1,

    /// <summary><c>Conv</c>.</summary>
    Convolution = 2,

    /// <summary><c>ConvTranspose</c>.</summary>
    TransposedConvolution = 3,
}
