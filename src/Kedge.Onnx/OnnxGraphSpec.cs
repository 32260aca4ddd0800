using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>A graph to be written as an ONNX model. Never compared.</summary>
public sealed record OnnxGraphSpec
{
    /// <summary>The graph's name; not empty (IR specification, "Graphs").</summary>
    public required string Name { get; init; }

    /// <summary>The program that makes the model, written into the file.</summary>
    public string Producer { get; init; } = "kedge";

    /// <summary>Version of the intermediate representation; 8 goes with operator set 17.</summary>
    public long IrVersion { get; init; } = 8;

    /// <summary>Operator sets that the nodes come from.</summary>
    public ImmutableArray<OnnxOpset> Opsets { get; init; } = [new OnnxOpset("", 17)];

    /// <summary>What a request gives.</summary>
    public required ImmutableArray<OnnxValue> Inputs { get; init; }

    /// <summary>What an answer holds.</summary>
    public required ImmutableArray<OnnxValue> Outputs { get; init; }

    /// <summary>Constants of the graph.</summary>
    public ImmutableArray<OnnxTensor> Initializers { get; init; } = [];

    /// <summary>The operations, sorted so that each comes after those that it takes its inputs from.</summary>
    public required ImmutableArray<OnnxNodeSpec> Nodes { get; init; }
}
