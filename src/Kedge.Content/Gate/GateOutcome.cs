using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Gate;

/// <summary>What the gate says about one file.</summary>
[Closed]
public abstract record GateOutcome
{
    private GateOutcome()
    {
    }

    /// <summary>The file may be packaged. Never compared.</summary>
    public sealed record Accepted : GateOutcome
    {
        /// <summary>What kind of model it is, by its content.</summary>
        public required ModelFormat Format { get; init; }

        /// <summary>Tensors that a request must give.</summary>
        public required ImmutableArray<TensorDeclaration> Inputs { get; init; }

        /// <summary>Tensors that an answer holds.</summary>
        public required ImmutableArray<TensorDeclaration> Outputs { get; init; }

        /// <summary>Bytes of the weights and other constants.</summary>
        public required long ParameterBytes { get; init; }

        /// <summary>Weights and other constants, counted in elements, those of subgraphs not always.</summary>
        public required long ParameterCount { get; init; }

        /// <summary>The number format that most of the weights' bytes are in: <c>fp32</c>, <c>int8</c>.</summary>
        public required string Precision { get; init; }

        /// <summary>
        /// The architecture that weights without a graph are for, as the file says itself; may be empty.
        /// </summary>
        public string Architecture { get; init; } = "";

        /// <summary>Operator sets that an ONNX model asks for.</summary>
        public required ImmutableArray<OnnxOpset> Opsets { get; init; }

        /// <summary>The program that wrote the file, as it says itself; may be empty.</summary>
        public required string Producer { get; init; }
    }

    /// <summary>The file may not be packaged. Never compared.</summary>
    /// <param name="Findings">Every reason, at least one.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings) : GateOutcome;
}
