using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// Puts products of 8-bit integers in the place of <c>MatMul</c> and <c>Gemm</c>. For activations a and weights w of
/// one output channel, with a = sa (qa - za) and w = sw qw, the sum of a w is sa sw times the sum of (qa - za) qw
/// (Jacob et al. 2018, arXiv:1712.05877, section 2.2). The operators are the standard's own:
/// <c>DynamicQuantizeLinear</c> gives qa, sa and za, <c>MatMulInteger</c> the sum in 32 bits, and runtimes that know
/// the pattern make one operation of it. Activations that several products take are quantised once.
/// </summary>
/// <param name="graph">The graph.</param>
internal sealed class IntegerProducts(EditableGraph graph)
{
    private readonly Dictionary<EditableNode, PlannedProduct> _planned = [];
    private readonly Dictionary<string, QuantizedActivation> _activations = new(StringComparer.Ordinal);

    /// <summary>Plans to replace all products that take a weight; false where one of them is of another kind.</summary>
    /// <param name="weight">The weight, of two axes, which nothing else takes.</param>
    /// <param name="use">The products.</param>
    /// <param name="values">The weight's elements.</param>
    public bool TryReplace(EditableInitializer weight, WeightUse use, float[] values)
    {
        List<PlannedProduct> plans = [];
        foreach (EditableNode node in use.Nodes)
        {
            if (Plan(node) is not { } plan)
            {
                return false;
            }

            plans.Add(plan);
        }

        string name = weight.Facts.Name;
        ChannelQuantizer.Layout layout = ChannelQuantizer.Layout.Of(weight.Facts.Dims, use.ChannelAxis);
        float[] scales = ChannelQuantizer.PairedScales(values, layout);
        byte[] quantized = ChannelQuantizer.Quantize(values, layout, scales, channelsLast: true);
        string stored = graph.FreshName(name + "_int8");
        string scale = graph.FreshName(name + "_scale");
        graph.Remove(weight);
        graph.Add(OnnxTensor.OfRaw(stored, OnnxElementType.Int8, [layout.Depth, layout.Channels], quantized));
        graph.Add(Floats(scale, [layout.Channels], scales));
        foreach (PlannedProduct plan in plans)
        {
            _planned[plan.Node] = plan with { Weight = stored, Scale = scale };
        }

        return true;
    }

    /// <summary>
    /// Replaces what was planned, in the order of the graph: what is quantised once must stand before all that take it.
    /// </summary>
    public void Finish()
    {
        foreach (EditableNode node in graph.Nodes.Where(_planned.ContainsKey).ToArray())
        {
            graph.Replace(node, Nodes(_planned[node]));
        }
    }

    /// <summary>Null where the node has attributes that this version does not know.</summary>
    private static PlannedProduct? Plan(EditableNode node)
    {
        if (node.Attributes() is not { } attributes)
        {
            return null;
        }

        PlannedProduct plan = new(node);
        foreach (OnnxAttribute attribute in attributes)
        {
            if (attribute is OnnxAttribute.Float { Attribute: "alpha" } alpha)
            {
                plan = plan with { Alpha = alpha.Value };
            }
            else if (attribute is OnnxAttribute.Float { Attribute: "beta" } beta)
            {
                plan = plan with { Beta = beta.Value };
            }
            else if (attribute is OnnxAttribute.Int { Attribute: "transA" } transposed)
            {
                plan = plan with { IsTransposed = transposed.Value != 0 };
            }
            else if (attribute is not OnnxAttribute.Int { Attribute: "transB" })
            {
                return null;
            }
        }

        return plan;
    }

    private List<OnnxNodeSpec> Nodes(PlannedProduct plan)
    {
        List<OnnxNodeSpec> nodes = [];
        EditableNode node = plan.Node;
        string output = node.Outputs[0];
        bool hasBias = node.Inputs.Length > 2 && node.Inputs[2].Length > 0 && plan.Beta != 0;
        QuantizedActivation activation = Quantized(node.Inputs[0], plan.IsTransposed, nodes);
        string sum = graph.FreshName(output + "_sum");
        string wide = graph.FreshName(output + "_wide");
        string scale = graph.FreshName(output + "_scale");
        string product = hasBias ? graph.FreshName(output + "_product") : output;
        string factor = plan.Scale;
        if (plan.Alpha != 1)
        {
            factor = graph.FreshName(output + "_alpha_scale");
            nodes.Add(new OnnxNodeSpec("Mul", [plan.Scale, Number(output + "_alpha", plan.Alpha)], [factor]));
        }

        nodes.Add(new OnnxNodeSpec("MatMulInteger", [activation.Values, plan.Weight, activation.Zero], [sum]));
        nodes.Add(NarrowWeights.Widen(sum, wide));
        nodes.Add(new OnnxNodeSpec("Mul", [activation.Scale, factor], [scale]));
        nodes.Add(new OnnxNodeSpec("Mul", [wide, scale], [product]));
        if (hasBias)
        {
            nodes.Add(new OnnxNodeSpec("Add", [product, Bias(plan, nodes)], [output]));
        }

        return nodes;
    }

    private string Bias(PlannedProduct plan, List<OnnxNodeSpec> nodes)
    {
        string bias = plan.Node.Inputs[2];
        if (plan.Beta == 1)
        {
            return bias;
        }

        string scaled = graph.FreshName(plan.Node.Outputs[0] + "_bias");
        nodes.Add(new OnnxNodeSpec("Mul", [bias, Number(plan.Node.Outputs[0] + "_beta", plan.Beta)], [scaled]));
        return scaled;
    }

    private QuantizedActivation Quantized(string name, bool isTransposed, List<OnnxNodeSpec> nodes)
    {
        string key = isTransposed ? name + "\n" : name;
        if (_activations.TryGetValue(key, out QuantizedActivation? present))
        {
            return present;
        }

        string values = name;
        if (isTransposed)
        {
            values = graph.FreshName(name + "_transposed");
            nodes.Add(new OnnxNodeSpec("Transpose", [name], [values])
            {
                Attributes = [new OnnxAttribute.Ints("perm", 1, 0)],
            });
        }

        QuantizedActivation quantized = new(
            graph.FreshName(name + "_uint8"), graph.FreshName(name + "_scale"), graph.FreshName(name + "_zero"));
        nodes.Add(new OnnxNodeSpec(
            "DynamicQuantizeLinear", [values], [quantized.Values, quantized.Scale, quantized.Zero]));
        _activations[key] = quantized;
        return quantized;
    }

    private string Number(string wish, float value)
    {
        string name = graph.FreshName(wish);
        graph.Add(Floats(name, [], [value]));
        return name;
    }

    private static OnnxTensor Floats(string name, ImmutableArray<long> dims, float[] values) =>
        OnnxTensor.OfRaw(name, OnnxElementType.Float, dims, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>A product that is to be replaced.</summary>
    private sealed record PlannedProduct(EditableNode Node)
    {
        public string Weight { get; init; } = "";

        public string Scale { get; init; } = "";

        public float Alpha { get; init; } = 1;

        public float Beta { get; init; } = 1;

        public bool IsTransposed { get; init; }
    }

    /// <summary>Names of a tensor's 8-bit values, its scale and its zero point.</summary>
    private sealed record QuantizedActivation(string Values, string Scale, string Zero);
}
