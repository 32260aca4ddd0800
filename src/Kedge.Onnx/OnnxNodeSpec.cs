using System.Collections.Immutable;

namespace Kedge.Onnx;

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
