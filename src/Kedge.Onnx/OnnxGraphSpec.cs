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

/// <summary>One operation of a graph to be written. Never compared.</summary>
public sealed record OnnxNodeSpec
{
    /// <summary>Starts an operation of the standard's own domain.</summary>
    /// <param name="opType">The operator's name, as <c>Conv</c>.</param>
    /// <param name="inputs">Names of the values that it takes.</param>
    /// <param name="outputs">Names of the values that it gives.</param>
    public OnnxNodeSpec(string opType, ImmutableArray<string> inputs, ImmutableArray<string> outputs)
    {
        OpType = opType;
        Inputs = inputs;
        Outputs = outputs;
    }

    /// <summary>The operator's name.</summary>
    public string OpType { get; }

    /// <summary>The operator's domain; empty for the standard's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Names of the values that it takes; empty for an optional one left out.</summary>
    public ImmutableArray<string> Inputs { get; }

    /// <summary>Names of the values that it gives.</summary>
    public ImmutableArray<string> Outputs { get; }

    /// <summary>Its attributes.</summary>
    public ImmutableArray<OnnxAttribute> Attributes { get; init; } = [];
}

/// <summary>An attribute of an operation to be written. Never compared.</summary>
public abstract record OnnxAttribute
{
    private OnnxAttribute(string name) => Name = name;

    /// <summary>The attribute's name, as <c>strides</c>.</summary>
    public string Name { get; }

    /// <summary>An integer.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Value">Its value.</param>
    public sealed record Int(string Attribute, long Value) : OnnxAttribute(Attribute);

    /// <summary>A float.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Value">Its value.</param>
    public sealed record Float(string Attribute, float Value) : OnnxAttribute(Attribute);

    /// <summary>A text.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Value">Its value.</param>
    public sealed record Text(string Attribute, string Value) : OnnxAttribute(Attribute);

    /// <summary>A list of integers.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Values">Their values.</param>
    public sealed record Ints(string Attribute, params ImmutableArray<long> Values) : OnnxAttribute(Attribute);

    /// <summary>A list of floats.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Values">Their values.</param>
    public sealed record Floats(string Attribute, params ImmutableArray<float> Values) : OnnxAttribute(Attribute);

    /// <summary>A constant tensor.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Value">The tensor.</param>
    public sealed record Tensor(string Attribute, OnnxTensor Value) : OnnxAttribute(Attribute);

    /// <summary>A graph, as the branches of <c>If</c> and the body of <c>Loop</c>.</summary>
    /// <param name="Attribute">The attribute's name.</param>
    /// <param name="Value">The graph; its operator sets are those of the model.</param>
    public sealed record Graph(string Attribute, OnnxGraphSpec Value) : OnnxAttribute(Attribute);
}
