using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Onnx;

/// <summary>An attribute of an operation to be written. Never compared.</summary>
[Closed]
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
