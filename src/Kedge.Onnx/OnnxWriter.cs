using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Onnx;

/// <summary>
/// Writes small ONNX models: a graph of any operators with constants (onnx.proto3). Same input, same bytes: fields
/// are written in the order of their numbers and nothing else goes in. It deliberately knows no operator: what a
/// node means is checked by the runtime that loads the file.
/// </summary>
public static class OnnxWriter
{
    private const long AttributeFloat = 1;
    private const long AttributeInt = 2;
    private const long AttributeString = 3;
    private const long AttributeTensor = 4;
    private const long AttributeGraph = 5;
    private const long AttributeFloats = 6;
    private const long AttributeInts = 7;

    /// <summary>The bytes of a model that holds <paramref name="spec"/>.</summary>
    public static byte[] Write(OnnxGraphSpec spec)
    {
        Check.That(spec.Name.Length > 0);
        Check.That(spec.Opsets.Length > 0);
        ProtoWriter model = new();
        model.Number(1, spec.IrVersion);
        model.Text(2, spec.Producer);
        model.Message(7, Graph(spec));
        foreach (OnnxOpset opset in spec.Opsets)
        {
            ProtoWriter message = new();
            message.Text(1, opset.Domain);
            message.Number(2, opset.Version);
            model.Message(8, message);
        }

        return model.ToArray();
    }

    private static ProtoWriter Graph(OnnxGraphSpec spec)
    {
        ProtoWriter graph = new();
        foreach (OnnxNodeSpec node in spec.Nodes)
        {
            graph.Message(1, Node(node));
        }

        graph.Text(2, spec.Name);
        foreach (OnnxTensor initializer in spec.Initializers)
        {
            graph.Message(5, Tensor(initializer));
        }

        foreach (OnnxValue input in spec.Inputs)
        {
            graph.Message(11, Value(input));
        }

        foreach (OnnxValue output in spec.Outputs)
        {
            graph.Message(12, Value(output));
        }

        return graph;
    }

    internal static ProtoWriter Node(OnnxNodeSpec spec)
    {
        ProtoWriter node = new();
        foreach (string input in spec.Inputs)
        {
            node.Text(1, input);
        }

        foreach (string output in spec.Outputs)
        {
            node.Text(2, output);
        }

        node.Text(4, spec.OpType);
        foreach (OnnxAttribute attribute in spec.Attributes)
        {
            node.Message(5, Attribute(attribute));
        }

        if (spec.Domain.Length > 0)
        {
            node.Text(7, spec.Domain);
        }

        return node;
    }

    private static ProtoWriter Attribute(OnnxAttribute spec)
    {
        ProtoWriter attribute = new();
        attribute.Text(1, spec.Name);
        switch (spec)
        {
            case OnnxAttribute.Float one:
                attribute.Float(2, one.Value);
                attribute.Number(20, AttributeFloat);
                break;
            case OnnxAttribute.Int one:
                attribute.Number(3, one.Value);
                attribute.Number(20, AttributeInt);
                break;
            case OnnxAttribute.Text one:
                attribute.Text(4, one.Value);
                attribute.Number(20, AttributeString);
                break;
            case OnnxAttribute.Tensor one:
                attribute.Message(5, Tensor(one.Value));
                attribute.Number(20, AttributeTensor);
                break;
            case OnnxAttribute.Graph one:
                attribute.Message(6, Graph(one.Value));
                attribute.Number(20, AttributeGraph);
                break;
            case OnnxAttribute.Floats many:
                foreach (float value in many.Values)
                {
                    attribute.Float(7, value);
                }

                attribute.Number(20, AttributeFloats);
                break;
            case OnnxAttribute.Ints many:
                foreach (long value in many.Values)
                {
                    attribute.Number(8, value);
                }

                attribute.Number(20, AttributeInts);
                break;
            default:
                throw Check.Unreachable(spec);
        }

        return attribute;
    }

    private static ProtoWriter Tensor(OnnxTensor spec)
    {
        ProtoWriter tensor = TensorHead(spec);
        tensor.Raw(spec.Raw.Span);
        return tensor;
    }

    /// <summary>A tensor's message up to where its elements begin; they follow as they are.</summary>
    internal static ProtoWriter TensorHead(OnnxTensor spec)
    {
        ProtoWriter tensor = new();
        foreach (long dim in spec.Dims)
        {
            tensor.Number(1, dim);
        }

        tensor.Number(2, (long)spec.ElementType);
        tensor.Text(8, spec.Name);
        tensor.Head(9, spec.Raw.Length);
        return tensor;
    }

    private static ProtoWriter Value(OnnxValue spec)
    {
        Check.That(spec.Kind == OnnxValueKind.Tensor);
        ProtoWriter tensorType = new();
        tensorType.Number(1, (long)spec.ElementType);
        if (!spec.Shape.IsDefault)
        {
            tensorType.Message(2, Shape(spec.Shape));
        }

        ProtoWriter type = new();
        type.Message(1, tensorType);
        ProtoWriter value = new();
        value.Text(1, spec.Name);
        value.Message(2, type);
        return value;
    }

    private static ProtoWriter Shape(ImmutableArray<OnnxDimension> dimensions)
    {
        ProtoWriter shape = new();
        foreach (OnnxDimension dimension in dimensions)
        {
            ProtoWriter message = new();
            if (dimension.Extent >= 0)
            {
                message.Number(1, dimension.Extent);
            }
            else if (dimension.Symbol.Length > 0)
            {
                message.Text(2, dimension.Symbol);
            }

            shape.Message(1, message);
        }

        return shape;
    }
}
